package cloudsim

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The faults. Each has its one place: those of requests in obstacle.go, of answers' bodies in body.go, of listings in
// disturb.go, and of content, when it is made available, in spoil.go.
//
// A fault of requests, bodies or listings passes by itself: of any four askings in a row for the same thing, be it a
// blob, a page or an operation, at least one is spared all of them. What lasts says so.
const (
	Throttle403      = "throttle-403"             // AF429 with status 403, as Microsoft's reference prints it
	Throttle403After = "throttle-403-retry-after" // the same, with Retry-After
	Throttle429      = "throttle-429"             // AF429 with status 429
	Throttle429After = "throttle-429-retry-after" // the same, with Retry-After
	InternalError    = "af50000"                  // 500 with AF50000
	InternalError5   = "af50005"                  // 500 with AF50005
	InternalError6   = "af50006"                  // 500 with AF50006
	Timeout          = "timeout-408"              // 408 with a gateway's page
	Unavailable      = "gateway-503"              // 503 with a gateway's page
	TokenRefused     = "token-refused"            // 401 for a token that was accepted and will be
	TokenRevoked     = "token-revoked"            // 401 for a token from one to three minutes after its issue: lasts until it is renewed
	Unsubscribed     = "unsubscribed"             // the subscription is gone (AF20022): lasts until it is started again
	Disabled         = "disabled"                 // the subscription is disabled (AF20023): lasts until it is started again
	AlreadyEnabled   = "already-enabled"          // a start takes effect and is answered with AF20024
	NotYet           = "not-yet"                  // AF20052 for content that was only just listed

	SlowBody    = "slow-body"    // a body trickles
	CutBody     = "cut-body"     // the connection breaks within a body
	CorruptPage = "corrupt-page" // a page of a listing is no JSON

	PartialListing = "partial-listing" // content of the last hour is missing from a listing, and is in a later one
	ListedAgain    = "listed-again"    // a page lists content of other windows and pages, too
	ListedTwice    = "listed-twice"    // a page lists the same content twice
	EmptyPage      = "empty-page"      // a page is empty and has a NextPageUri, which leads to what it should have held
	PageSpelling   = "page-spelling"   // the parameters in NextPageUri are spelled in another case
	PageV1         = "page-v1"         // the path in NextPageUri is /api/v1/
	ForeignPage    = "foreign-page"    // NextPageUri names another host
	ForeignBlob    = "foreign-blob"    // a contentUri names another host
	Reordered      = "reordered"       // a page's blobs and a blob's records are in no order

	LateListing = "late-listing" // content becomes listable hours or days after its contentCreated
	LateRecords = "late-records" // records happened days before their content's contentCreated
	Redelivered = "redelivered"  // records come again in other content, seconds, minutes or days later
	CorruptBlob = "corrupt-blob" // a body breaks off, is garbage, or holds a record that is no JSON: lasts
	Expired     = "expired"      // content is listed and then answered with AF20051: lasts
	Vanished    = "vanished"     // content is listed and then answered with AF20050: lasts
	LargeBlob   = "large-blob"   // one blob of Config.LargeBlob bytes a tenant
)

// usual is how probable each fault is when all are asked for: of a request, a page, a blob or, where it lasts, of what
// it befalls. They are so chosen that a client makes progress in minutes.
var usual = Faults{
	Throttle403: 0.002, Throttle403After: 0.002, Throttle429: 0.002, Throttle429After: 0.002,
	InternalError: 0.01, InternalError5: 0.005, InternalError6: 0.005, Timeout: 0.01, Unavailable: 0.01,
	TokenRefused: 0.01, TokenRevoked: 0.5, Unsubscribed: 0.002, Disabled: 0.002, AlreadyEnabled: 0.5, NotYet: 0.05,
	SlowBody: 0.01, CutBody: 0.02, CorruptPage: 0.005,
	PartialListing: 0.2, ListedAgain: 0.2, ListedTwice: 0.1, EmptyPage: 0.1, PageSpelling: 0.3, PageV1: 0.3,
	ForeignPage: 0.005, ForeignBlob: 0.02, Reordered: 0.3,
	LateListing: 0.05, LateRecords: 0.1, Redelivered: 0.1, CorruptBlob: 0.03, Expired: 0.02, Vanished: 0.02, LargeBlob: 1,
}

// Faults says how probable each fault is, by its name, from 0 to 1. What is not named does not happen. Which request,
// page or blob is struck follows from Config.FaultSeed, the fault, what it concerns and how often that was asked for,
// so that a seed gives the same faults again as far as requests come in the same order.
type Faults map[string]float64

// AllFaults gives every fault with its usual probability.
func AllFaults() Faults { return maps.Clone(usual) }

// ParseFaults reads a list like "cut-body,throttle-403=0.1": names, each with a probability or else its usual one.
// "all" names every fault; what stands after it changes single ones. "" is no fault.
func ParseFaults(list string) (Faults, error) {
	out := Faults{}
	for entry := range strings.SplitSeq(list, ",") {
		name, value, given := strings.Cut(strings.TrimSpace(entry), "=")
		switch {
		case name == "" && !given:
			continue
		case name == "all" && !given:
			maps.Copy(out, usual)
			continue
		case name == "all":
			return nil, fmt.Errorf("fault %q: all takes no probability", entry)
		}
		p := usual[name]
		if given {
			var err error
			if p, err = strconv.ParseFloat(value, 64); err != nil {
				return nil, fmt.Errorf("fault %s: probability %q: want a number from 0 to 1", name, value)
			}
		}
		out[name] = p
	}
	return out, out.check()
}

func (f Faults) check() error {
	for name, p := range f {
		if _, ok := usual[name]; !ok {
			return fmt.Errorf("there is no fault %q: choose from all, %s", name, strings.Join(slices.Sorted(maps.Keys(usual)), ", "))
		}
		if !(p >= 0 && p <= 1) { // which NaN is not, either
			return fmt.Errorf("fault %s: probability %v: want a number from 0 to 1", name, p)
		}
	}
	return nil
}
