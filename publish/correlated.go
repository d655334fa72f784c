package publish

import "ualstream/schemas"

// Correlated gives the message of the threats topic for a correlation's finding. It has the key of the signal that made
// it, so that a finding and its updates are in one partition, in order, and the signal's Kafka timestamp.
func Correlated(signal schemas.Message, t schemas.Threat) schemas.Message {
	a := read(t.Value)
	base := schemas.Message{Key: signal.Key, Time: signal.Time}
	base.SetHeader(schemas.HeaderTenant, a.tenant)
	base.SetHeader(schemas.HeaderTime, schemas.FormatTime(a.time))
	base.SetHeader(schemas.HeaderOCSF, a.version)
	return Threat(base, t)
}
