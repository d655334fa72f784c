package detect

import (
	"ualstream/detect/sigma"
	"ualstream/schemas"
)

// Telling gives the sentence of a correlation's finding.
func Telling(of *sigma.Correlation, f schemas.Fired, samples []sigma.Sample) string {
	return telling(of, f, hitsOf(samples))
}
