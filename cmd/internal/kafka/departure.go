package kafka

import (
	"context"
	"errors"
	"fmt"

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
	go s.c.depart(ctx, s.name, old)
}

// depart takes a member out of a group, once the group's broker is there again. It says nothing of its failures: the
// same outage is told by those who wait for their messages, and the end of the session does this at the latest.
func (c *Cluster) depart(ctx context.Context, group, id string) {
	_ = backoff.Retry(func() error {
		answer, err := c.transport.RoundTrip(ctx, c.addr, &leaveRequest{group, id})
		if err != nil {
			return err
		}
		left, ok := answer.(*leaveResponse)
		if !ok {
			return fmt.Errorf("leave group %s: got a %T", group, answer)
		}
		if refused := kafka.Error(left.ErrorCode); refused.Temporary() {
			return refused
		}
		return nil // it left, or was not there any more
	}, waits(ctx))
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
