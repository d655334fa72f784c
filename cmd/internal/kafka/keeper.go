package kafka

import "context"

// Keeper is a Transform that keeps something of its own for its partition.
type Keeper interface {
	Transform
	// Begin is called before the first Process, with the offset that the group has committed, negative for none. An
	// error is logged and Begin is called again, at growing intervals, while the partition is with this member. It
	// may take long, and must return soon after ctx ends.
	Begin(ctx context.Context, committed int64) error
	// End is called after all else, also where Begin did not succeed, and before the partition can come back.
	End()
}

// keep begins a Keeper; the function that it gives ends it, and is to be called whatever the error. For another
// Transform there is nothing to do.
func (a *assignment) keep(ctx context.Context, committed int64) (end func(), err error) {
	k, ok := a.transform.(Keeper)
	if !ok {
		return func() {}, nil
	}
	return k.End, a.c.persist(ctx, "stage cannot take a partition", a.attrs, func() error { return k.Begin(ctx, committed) })
}
