package ingest

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"ualstream/ingest/o365"
)

const (
	tenant = "11111111-2222-3333-4444-555555555555"
	root   = "/api/v1.0/" + tenant + "/activity/feed"
)

// cloud is the API as far as these tests need it, over TLS.
type cloud struct {
	*httptest.Server

	address string // of the host that listings name in contentUri; "" for this one

	mu       sync.Mutex
	blobs    map[string][]string // content type → contentIds, created an hour ago
	enabled  map[string]bool
	denied   map[string]bool // content types without a permission
	starts   map[string]int
	fetches  map[string]int
	listings map[string]int
	serve    map[string]func(w http.ResponseWriter, r *http.Request, try int) // bodies that are no plain ones
}

func newCloud(t *testing.T) *cloud {
	c := &cloud{
		blobs: map[string][]string{}, enabled: map[string]bool{}, denied: map[string]bool{}, starts: map[string]int{},
		fetches: map[string]int{}, listings: map[string]int{},
		serve: map[string]func(http.ResponseWriter, *http.Request, int){},
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+root+"/subscriptions/list", c.list)
	mux.HandleFunc("POST "+root+"/subscriptions/start", c.start)
	mux.HandleFunc("GET "+root+"/subscriptions/content", c.content)
	mux.HandleFunc("GET "+root+"/audit/{id}", c.audit)
	c.Server = httptest.NewUnstartedServer(mux)
	c.Config.ErrorLog = log.New(io.Discard, "", 0) // connections are broken on purpose
	c.StartTLS()
	t.Cleanup(c.Close)
	return c
}

// has makes blobs, each with the records <id>-0 to <id>-2.
func (c *cloud) has(contentType string, ids ...string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blobs[contentType] = append(c.blobs[contentType], ids...)
}

func recordIDs(blob string) []string { return []string{blob + "-0", blob + "-1", blob + "-2"} }

func bodyOf(blob string) string {
	var all []string
	for _, id := range recordIDs(blob) {
		all = append(all, `{"Id":"`+id+`"}`)
	}
	return "[" + strings.Join(all, ",") + "]"
}

func (c *cloud) list(w http.ResponseWriter, _ *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	subs := []map[string]string{}
	for contentType := range c.enabled {
		subs = append(subs, map[string]string{"contentType": contentType, "status": "enabled"})
	}
	_ = json.NewEncoder(w).Encode(subs)
}

func (c *cloud) start(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	contentType := r.URL.Query().Get("contentType")
	c.starts[contentType]++
	if c.denied[contentType] {
		refuse(w, 401, "AF10001")
		return
	}
	c.enabled[contentType] = true
	_, _ = io.WriteString(w, "{}")
}

func (c *cloud) content(w http.ResponseWriter, r *http.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := r.URL.Query()
	contentType := q.Get("contentType")
	c.listings[contentType]++
	from, _ := time.Parse("2006-01-02T15:04:05", q.Get("startTime"))
	to, _ := time.Parse("2006-01-02T15:04:05", q.Get("endTime"))
	if !c.enabled[contentType] {
		refuse(w, 400, "AF20022")
		return
	}
	if to.Sub(from) > 24*time.Hour || !from.Before(to) || time.Since(from) > 7*24*time.Hour {
		refuse(w, 400, "AF20030")
		return
	}
	items := []map[string]string{}
	created := time.Now().Add(-time.Hour).UTC()
	for _, id := range c.blobs[contentType] {
		if !created.Before(from) && created.Before(to) {
			items = append(items, map[string]string{
				"contentId": id, "contentUri": cmp.Or(c.address, c.URL) + root + "/audit/" + id, "contentType": contentType,
				"contentCreated":    created.Format(time.RFC3339Nano),
				"contentExpiration": created.Add(7 * 24 * time.Hour).Format(time.RFC3339Nano),
			})
		}
	}
	_ = json.NewEncoder(w).Encode(items)
}

func (c *cloud) audit(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	c.mu.Lock()
	c.fetches[id]++
	try, serve := c.fetches[id], c.serve[id]
	c.mu.Unlock()
	if serve != nil {
		serve(w, r, try)
		return
	}
	_, _ = io.WriteString(w, bodyOf(id))
}

func (c *cloud) fetched(id string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.fetches[id]
}

func refuse(w http.ResponseWriter, status int, code string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"error":{"code":%q,"message":"Refused."}}`, code)
}

// client gives a client of the cloud.
func (c *cloud) client(t *testing.T) *o365.Client {
	t.Helper()
	client, err := o365.New(o365.Config{
		Endpoint: c.URL, Tenant: tenant, Credential: static{}, Transport: c.Client().Transport,
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

type static struct{}

func (static) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "token", ExpiresOn: time.Now().Add(time.Hour)}, nil
}

// sorted is a set of strings in order, without repeats.
func sorted(s []string) []string { return slices.Compact(slices.Sorted(slices.Values(s))) }
