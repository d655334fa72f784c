package o365

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// ErrForeign is the error of an address in an answer that does not lie on the configured host. Nothing is sent
// there, because the token would go with it.
var ErrForeign = errors.New("the address is not on the configured host")

const publisherKey = "PublisherIdentifier"

// operation gives the address of an operation of ours.
func (c *Client) operation(path string, query url.Values) string {
	query.Set(publisherKey, c.publisher)
	return c.root + path + "?" + query.Encode()
}

// given checks an address that the API gave and leaves it as it is: the case of its parameters has changed
// before, and its token is opaque. Only the publisher is added where it is missing.
func (c *Client) given(uri string) (string, error) {
	u, err := url.Parse(uri)
	if err != nil {
		return "", fmt.Errorf("the answer gives an address that cannot be read: %w", withoutURL(err))
	}
	if u.Scheme != "https" || u.Opaque != "" || u.User != nil || !sameHost(u, c.endpoint) {
		return "", fmt.Errorf("%w: %s://%s", ErrForeign, u.Scheme, u.Host)
	}
	uri, _, _ = strings.Cut(uri, "#")
	if hasPublisher(u.RawQuery) {
		return uri, nil
	}
	sep := "?"
	if strings.Contains(uri, "?") {
		sep = "&"
	}
	return uri + sep + publisherKey + "=" + c.publisher, nil
}

// address gives where a blob is. The API's own word for it is taken as it is, unless it leads away: then the
// contentId says where the blob is on the configured host, which the reference gives as /audit/{contentId}.
func (c *Client) address(b Blob) (string, error) {
	own := c.root + "/audit/" + url.PathEscape(b.ID)
	if b.URI == "" {
		return c.given(own)
	}
	uri, err := c.given(b.URI)
	if err != nil && b.ID != "" {
		c.strays.tell(b.ID, err)
		return c.given(own)
	}
	return uri, err
}

func sameHost(a, b *url.URL) bool {
	return strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	if p := u.Port(); p != "" {
		return p
	}
	return "443"
}

func hasPublisher(query string) bool {
	for pair := range strings.SplitSeq(query, "&") {
		if key, _, _ := strings.Cut(pair, "="); strings.EqualFold(key, publisherKey) {
			return true
		}
	}
	return false
}

// maxPages bounds a listing, so that pages without an end do not eat the quota for ever. The quota allows for three
// million blobs a day; a window of a day has far fewer pages.
const maxPages = 10_000

// errEndless is the error of pages that lead to no last one. To ask for one of them again changes nothing.
var errEndless = errors.New("the pages have no end")

// trail follows the pages of one answer and refuses to go in circles or on for ever.
type trail struct {
	c    *Client
	seen map[string]bool
}

// next gives the address of the page after the one whose NextPageUri is given, "" after the last.
func (t *trail) next(header string) (string, error) {
	if header == "" {
		return "", nil
	}
	uri, err := t.c.given(header)
	if err != nil {
		return "", fmt.Errorf("next page: %w", err)
	}
	if t.seen[uri] {
		return "", fmt.Errorf("next page: %w: they go in circles", errEndless)
	}
	if t.seen[uri] = true; len(t.seen) > t.c.pages {
		return "", fmt.Errorf("next page: %w: more than %d pages", errEndless, t.c.pages)
	}
	return uri, nil
}
