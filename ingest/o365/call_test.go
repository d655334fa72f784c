package o365

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/cenkalti/backoff/v4"
)

func TestWhatPassesByItselfIsRetried(t *testing.T) {
	answers := []func(w http.ResponseWriter){
		func(w http.ResponseWriter) { reply(w, 500, `{"error":{"code":"AF50000","message":"x"}}`) },
		func(w http.ResponseWriter) { reply(w, 503, "") },
		func(w http.ResponseWriter) { reply(w, 408, "") },
		func(w http.ResponseWriter) { reply(w, 403, `{'error':{'code':'AF429','message':'x'}}`) },
		func(w http.ResponseWriter) { reply(w, 429, "") },
		func(http.ResponseWriter) { panic(http.ErrAbortHandler) }, // the connection breaks
		func(w http.ResponseWriter) { // it breaks within the page
			w.Header().Set("Content-Length", "1000")
			reply(w, 200, `[{"contentId":"half"},`)
		},
	}
	n := 0
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n <= len(answers) {
			answers[n-1](w)
			return
		}
		reply(w, 200, items("a"))
	})
	ids, err := listed(t.Context(), c)
	if err != nil || !slices.Equal(ids, []string{"a"}) || n != len(answers)+1 {
		t.Errorf("ids %q, error %v, %d requests", ids, err, n)
	}
}

func TestWhatDoesNotPassIsNotRetried(t *testing.T) {
	for _, code := range []string{"AF10001", "AF20020", "AF20022", "AF20030", "AF20031", "AF20050", "AF29999"} {
		n := 0
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			n++
			reply(w, 400, `{"error":{"code":"`+code+`"}}`)
		})
		var e *Error
		if _, err := listed(t.Context(), c); !errors.As(err, &e) || e.Code != code || n != 1 {
			t.Errorf("%s: error %v after %d requests", code, err, n)
		}
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	n := 0
	ctx, cancel := context.WithCancel(t.Context())
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("Retry-After", "60")
		reply(w, 429, "")
		time.AfterFunc(20*time.Millisecond, cancel) // many times the usual wait, far less than was asked for
	})
	if _, err := listed(ctx, c); !errors.Is(err, context.Canceled) || n != 1 {
		t.Errorf("error %v after %d requests", err, n)
	}
}

func TestTokenThatIsRefusedIsRenewedOnce(t *testing.T) {
	for refusals, want := range map[int]error{1: nil, 1000: &Error{}} {
		n := 0
		c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			if n++; n <= refusals {
				reply(w, 401, `{"Message":"Authorization has been denied for this request."}`)
				return
			}
			reply(w, 200, items("a"))
		})
		_, err := listed(t.Context(), c)
		if (err == nil) != (want == nil) || n != 2 {
			t.Errorf("%d refusals: error %v after %d requests", refusals, err, n)
		}
		if got := c.tokens.cred.(*credential).renewed.Load(); got != 1 {
			t.Errorf("%d refusals: renewed %d times", refusals, got)
		}
	}
}

func TestManyRefusalsDoNotBesiegeTheLoginService(t *testing.T) {
	c, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { reply(w, 401, "") })
	for range 20 {
		if _, err := listed(t.Context(), c); err == nil {
			t.Error("no error")
		}
	}
	if got := c.tokens.cred.(*credential).renewed.Load(); got != 1 {
		t.Errorf("renewed %d times", got)
	}
}

// rotating is a credential whose token is another one once it was renewed.
type rotating struct {
	mu      sync.Mutex
	version int
}

func (r *rotating) GetToken(_ context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if o.Claims != "" {
		r.version++
	}
	return azcore.AccessToken{Token: fmt.Sprint("version", r.version)}, nil
}

func TestATokenThatExpiresUnderManyCallersIsRenewedOnceForAll(t *testing.T) {
	var together sync.WaitGroup // all are refused before any is answered
	together.Add(8)
	_, srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer version0" {
			reply(w, 200, items("a"))
			return
		}
		together.Done()
		together.Wait()
		reply(w, 401, "")
	})
	cred := &rotating{}
	c := clientOf(t, srv, cred)
	var callers sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			if _, err := listed(t.Context(), c); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if cred.version != 1 {
		t.Errorf("renewed %d times", cred.version)
	}
}

type broke struct{}

func (broke) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{}, errors.New("AADSTS7000215: invalid client secret")
}

func TestWithoutATokenNothingIsSent(t *testing.T) {
	n := 0
	_, srv := serve(t, func(http.ResponseWriter, *http.Request) { n++ })
	_, err := listed(t.Context(), clientOf(t, srv, broke{}))
	if err == nil || !strings.Contains(err.Error(), "AADSTS7000215") || n != 0 {
		t.Errorf("error %v after %d requests", err, n)
	}
}

func TestAServerThatCannotProveItselfIsNotAskedAgain(t *testing.T) {
	c, _ := serve(t, http.NotFound)
	c.http.Transport = http.DefaultTransport // does not know the server's certificate
	if _, err := listed(t.Context(), c); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("error %v", err)
	}
}

func TestAnAnswerThatStandsStillIsAskedForAgain(t *testing.T) {
	n := 0
	c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n++; n == 1 {
			<-r.Context().Done() // no answer at all
			return
		}
		if n == 2 {
			reply(w, 200, "[")
			w.(http.Flusher).Flush()
			<-r.Context().Done() // half of one
			return
		}
		reply(w, 200, items("a"))
	})
	c.stall = 50 * time.Millisecond
	if ids, err := listed(t.Context(), c); err != nil || len(ids) != 1 || n < 3 { // more where this machine itself is slow
		t.Errorf("ids %q, error %v, %d requests", ids, err, n)
	}
}

func TestNoErrorHoldsTheTokenOrAQuery(t *testing.T) {
	c, srv := serve(t, func(http.ResponseWriter, *http.Request) {})
	srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	_, err := c.call(ctx, request{"op", http.MethodGet, srv.URL + "/x?nextPage=opaque"})
	if err == nil || strings.Contains(err.Error(), secret) || strings.Contains(err.Error(), "opaque") {
		t.Errorf("error %v", err)
	}
}

func TestNoErrorOrLogHoldsATokenThatTheServerSendsBack(t *testing.T) {
	for name, answer := range map[string]string{
		"an error":        "HTTP/1.1 418 No\r\nContent-Length: 200\r\n\r\n" + `{"error":{"code":"%s","message":"%s"}}` + strings.Repeat(" ", 200),
		"a plain error":   "HTTP/1.1 418 No\r\nContent-Length: 500\r\n\r\n" + `'code': 'AF1', 'message': '%s'` + strings.Repeat(" ", 500),
		"a broken header": "HTTP/1.1 200 OK\r\nno colon %s " + strings.Repeat("x", 100_000) + "\r\n\r\n",
		"a broken target": "HTTP/1.1 302 Found\r\nLocation: ://%s\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					t.Error(err)
					return
				}
				defer conn.Close()
				_, _ = strings.NewReplacer("%s", r.Header.Get("Authorization")).WriteString(conn, answer)
			})
			var log bytes.Buffer
			c.trouble.log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
			c.pace = func() *backoff.ExponentialBackOff { b := patient(); b.InitialInterval = time.Hour; return b }
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			defer cancel()
			_, err := listed(ctx, c)
			if said := fmt.Sprint(err) + log.String(); err == nil || strings.Contains(said, secret) || len(said) > 5*maxMessage {
				t.Errorf("%d bytes: %.2000s", len(said), said)
			}
		})
	}
}
