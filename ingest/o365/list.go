package o365

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"path"
	"time"
)

// Blob is a content blob as the API lists it.
type Blob struct {
	ContentType string    // as it was asked for
	ID          string    // contentId, opaque
	URI         string    // contentUri
	Created     time.Time // contentCreated: when the API offered it; zero where it cannot be read
	Expires     time.Time // contentExpiration: until when it can be fetched; zero where it cannot be read
}

// apiTime is how the API takes times: UTC, whole seconds, no zone.
const apiTime = "2006-01-02T15:04:05"

// List gives the blobs with from <= contentCreated < to, page by page, in the order in which they became
// available. The window may be 24 hours wide at most and start 7 days ago at most. Times are sent in whole
// seconds: from rounded down, to rounded up. What passes by itself is retried until ctx ends; another error,
// such as an *Error, is the last thing it gives.
func (c *Client) List(ctx context.Context, contentType string, from, to time.Time) iter.Seq2[Blob, error] {
	return func(yield func(Blob, error) bool) {
		r := request{"list " + contentType, http.MethodGet, c.operation("/subscriptions/content", url.Values{
			"contentType": {contentType},
			"startTime":   {from.UTC().Truncate(time.Second).Format(apiTime)},
			"endTime":     {to.UTC().Add(time.Second - 1).Truncate(time.Second).Format(apiTime)},
		})}
		pages := trail{c: c, seen: map[string]bool{r.uri: true}}
		var failed error
		for r.uri != "" {
			items, next, err := c.listing(ctx, r, &pages)
			failed = cmp.Or(failed, err)
			for _, it := range items {
				if it.nameless() {
					failed = cmp.Or(failed, fmt.Errorf("%s: an item names no content", r.op))
				} else if !yield(it.blob(contentType), nil) {
					return
				}
			}
			r.uri = next
		}
		if failed != nil {
			yield(Blob{}, failed)
		}
	}
}

// pageTries is how often a page is asked for that arrives and cannot be used.
const pageTries = 4

// listing gives a page's items and the next page's address. A page that cannot be read, or that leads to where
// nothing may be sent, is asked for again: what a gateway made of one page must not cost the others. Where it stays
// so, the items that could be read and the next page's address, where there is one, come with the error.
func (c *Client) listing(ctx context.Context, r request, pages *trail) (items []item, next string, err error) {
	space := c.pace()
	for try := 1; ; try++ {
		p, err := retry(ctx, c, func() (page, error) { return c.page(ctx, r) })
		if err != nil {
			return nil, "", err
		}
		items, err = itemsOf(p.text, r.op)
		if err == nil || try == pageTries {
			var lost error
			next, lost = pages.next(p.next)
			err = cmp.Or(err, lost)
		}
		if err == nil || errors.Is(err, errEndless) || try == pageTries {
			return items, next, err
		}
		select {
		case <-ctx.Done():
			return items, "", err
		case <-time.After(space.NextBackOff()):
		}
	}
}

// page is an answer that is read as a whole, and where the next one is.
type page struct {
	text []byte
	next string
}

// maxPage bounds a page in memory; the API does not say how large its pages are.
const maxPage = 64 << 20

// page reads an answer as a whole, which must not take as long as one that is read record by record.
func (c *Client) page(ctx context.Context, r request) (page, error) {
	resp, err := c.call(ctx, r)
	if err != nil {
		return page{}, err
	}
	defer resp.Body.Close()
	defer resp.Body.(*body).within(5 * c.stall)()
	text, err := io.ReadAll(io.LimitReader(resp.Body, maxPage+1))
	if err != nil {
		return page{}, fmt.Errorf("%s: %w", r.op, err)
	}
	if len(text) > maxPage {
		return page{}, fmt.Errorf("%s: the answer is larger than %d bytes", r.op, maxPage)
	}
	return page{bytes.TrimPrefix(text, bom), resp.Header.Get("NextPageUri")}, nil
}

type item struct {
	ContentID         string `json:"contentId"`
	ContentURI        string `json:"contentUri"`
	ContentCreated    string `json:"contentCreated"`
	ContentExpiration string `json:"contentExpiration"`
}

// itemsOf reads a page, each item by itself, and gives those that can be read with the error of the first that cannot.
// An attribute of another type than it should be is taken for absent, so that it does not hide the rest.
func itemsOf(text []byte, op string) (all []item, failed error) {
	elements := newSplitter(bytes.NewReader(text), maxPage)
	for {
		element, err := elements.next()
		if err == io.EOF { //nolint:errorlint // a wrapped EOF is trouble, not the end
			return all, failed
		}
		if err != nil {
			return all, fmt.Errorf("%s: %w", op, err)
		}
		var it item
		err = json.Unmarshal(element, &it)
		if _, ok := errors.AsType[*json.UnmarshalTypeError](err); ok || err == nil {
			all = append(all, it)
		} else {
			failed = cmp.Or(failed, fmt.Errorf("%s: an item: %w", op, err))
		}
	}
}

// nameless says whether the item cannot be fetched. To pass over it would lose it in silence: the listing goes on
// and ends with an error.
func (it item) nameless() bool { return it.ContentID == "" && it.ContentURI == "" }

func (it item) blob(contentType string) Blob {
	b := Blob{
		ContentType: contentType, ID: it.ContentID, URI: it.ContentURI,
		Created: timeOf(it.ContentCreated), Expires: timeOf(it.ContentExpiration),
	}
	if u, err := url.Parse(it.ContentURI); b.ID == "" && err == nil {
		b.ID = path.Base(u.Path) // contentUri ends in the contentId
	}
	return b
}

// timeOf reads a time with or without a zone; without one it is UTC.
func timeOf(s string) time.Time {
	for _, layout := range []string{time.RFC3339, apiTime} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}
