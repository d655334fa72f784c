package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/cenkalti/backoff/v4"
	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

// forgotten is told what joining the group gave. When a connection breaks, as all do when a broker restarts,
// kafka-go forgets which member it was and joins as a new one; the group would wait for the old one until its session
// ends, and nobody would have its partitions meanwhile. So the old one leaves.
func (s *seat) forgotten(ctx context.Context, joined error) {
	old := s.id
	if joined == nil || old == "" || errors.Is(joined, kafka.RebalanceInProgress) || ctx.Err() != nil {
		return
	}
	s.id = ""
	go s.depart(ctx, old)
}

// depart takes a member out of the group, once the group's broker is there again and this process has had the time to
// join: a group that meets without either would give the partitions to others for a moment. It says nothing of its
// failures: the same outage is told by those who wait for their messages, and the end of the session does this at the
// latest.
func (s *seat) depart(ctx context.Context, id string) {
	back := backoff.Retry(func() error { return s.heard(ctx) }, waits(ctx))
	if back != nil {
		return
	}
	select {
	case <-ctx.Done():
		return
	case <-time.After(2 * joinBackoff):
	}
	_ = backoff.Retry(func() error {
		answer, err := s.c.transport.RoundTrip(ctx, s.c.addr, &leaveRequest{s.name, id})
		if err != nil {
			return err
		}
		left, ok := answer.(*leaveResponse)
		if !ok {
			return fmt.Errorf("leave group %s: got a %T", s.name, answer)
		}
		if refused := kafka.Error(left.ErrorCode); refused.Temporary() {
			return refused
		}
		return nil // it left, or was not there any more
	}, waits(ctx))
}

// heard makes one attempt to get an answer from the group's coordinator.
func (s *seat) heard(ctx context.Context) error {
	_, err := s.c.groupOffsets(ctx, s.name, s.topic, []int{0}, false)
	return err
}

// leaveRequest is Kafka's LeaveGroup request. kafka-go's own takes the answer's fields in the wrong order, and so an
// error for success.
type leaveRequest struct {
	GroupID  string `kafka:"min=v0,max=v2"`
	MemberID string `kafka:"min=v0,max=v2"`
}

type leaveResponse struct {
	ThrottleTimeMS int32 `kafka:"min=v1,max=v2"`
	ErrorCode      int16 `kafka:"min=v0,max=v2"`
}

// ApiKey and Group are kafka-go's interface of a message that goes to a group's coordinator.
func (*leaveRequest) ApiKey() protocol.ApiKey  { return protocol.LeaveGroup }
func (r *leaveRequest) Group() string          { return r.GroupID }
func (*leaveResponse) ApiKey() protocol.ApiKey { return protocol.LeaveGroup }

func init() { protocol.Register(&leaveRequest{}, &leaveResponse{}) }
