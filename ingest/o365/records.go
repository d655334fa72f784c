package o365

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
)

// Records streams a blob's records as they arrive, byte for byte, each in a slice of the caller's own. A record
// need not be valid JSON. What passes by itself is retried until the first byte has come; after that a failure
// of the connection ends it, as any other error does: the blob is then fetched again from its start. A body
// that is not what it should be gives a *BodyError, after the records that could be told apart. A blob whose
// address is not on the configured host is fetched there by its contentId, and nothing is sent elsewhere.
func (c *Client) Records(ctx context.Context, b Blob) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		op := "fetch blob " + b.ID
		uri, err := c.address(b)
		pages := trail{c: c, seen: map[string]bool{uri: true}}
		for uri != "" && err == nil {
			var more bool
			if uri, more, err = c.stream(ctx, request{op, http.MethodGet, uri}, &pages, yield); !more {
				return
			}
		}
		if err != nil {
			yield(nil, named(op, err))
		}
	}
}

// stream gives the records of one answer and where the next one is: other clients have met blobs in pages,
// which the reference does not mention. more is false where the caller has enough.
func (c *Client) stream(ctx context.Context, r request, pages *trail, yield func([]byte, error) bool) (next string, more bool, err error) {
	resp, err := retry(ctx, c, func() (*http.Response, error) { return c.call(ctx, r) })
	if err != nil {
		return "", true, err
	}
	defer resp.Body.Close()
	s := newSplitter(resp.Body, c.limit)
	for {
		record, err := s.next()
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is trouble, not the end
			next, err := pages.next(resp.Header.Get("NextPageUri"))
			return next, true, err
		}
		if bad, ok := errors.AsType[*BodyError](err); ok && bad.Kind == TooLarge {
			err = named(r.op, err) // the next record can still be told apart
		} else if err != nil {
			return "", true, err
		}
		if !yield(record, err) {
			return "", false, nil
		}
	}
}

// named says which call failed, unless the error says so itself.
func named(op string, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return fmt.Errorf("%s: %w", op, err)
}
