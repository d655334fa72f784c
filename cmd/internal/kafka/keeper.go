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

// keep begins a Keeper, where the stage may begin at all; the function that it gives ends it, and is to be called
// whatever the error.
func (a *assignment) keep(ctx context.Context, committed int64) (end func(), err error) {
	if err := a.allowed(ctx, committed); err != nil {
		return func() {}, err
	}
	k, ok := a.transform.(Keeper)
	if !ok {
		return func() {}, nil
	}
	return k.End, a.standing(ctx, "stage cannot take a partition", func() error { return k.Begin(ctx, committed) })
}

// allowed waits until the stage may begin the partition. Its only error is ctx's.
func (a *assignment) allowed(ctx context.Context, committed int64) error {
	if a.stage.Begun == nil {
		return nil
	}
	return a.standing(ctx, stopsAt(a.Topic.Name(a.c.cfg.Prefix), a.Partition), func() error { return a.stage.Begun(ctx, a.Partition, committed) })
}

// standing is persist, during which the partition is known to stand still.
func (a *assignment) standing(ctx context.Context, what string, try func() error) error {
	key := laneKey{a.Topic, a.Partition}
	defer a.c.stops.over(key)
	return a.c.persist(ctx, what, a.attrs, func() error {
		err := try()
		if err != nil {
			a.c.stops.at(key, err)
		}
		return err
	})
}
