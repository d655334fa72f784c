package o365

import (
	"context"
	"errors"
	"iter"
	"time"
)

type Subscription struct{ ContentType, Status string }

// Blob is one content blob as the API lists it.
type Blob struct {
	ContentType string
	ID          string
	URI         string
	Created     time.Time
	Expires     time.Time
}

func (c *Client) Subscriptions(ctx context.Context) ([]Subscription, error) {
	return nil, errors.New("todo")
}
func (c *Client) Start(ctx context.Context, contentType string) error { return errors.New("todo") }
func (c *Client) Stop(ctx context.Context, contentType string) error  { return errors.New("todo") }
func (c *Client) List(ctx context.Context, contentType string, from, to time.Time) iter.Seq2[Blob, error] {
	return nil
}
func (c *Client) Records(ctx context.Context, b Blob) iter.Seq2[[]byte, error] { return nil }
