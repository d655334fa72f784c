package status

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"ualstream/schemas"
)

var two = map[string]schemas.Tenant{contoso: {ID: contoso}, fabrikam: {ID: fabrikam}}

func TestMicrosoftIsAskedOnceAMinute(t *testing.T) {
	var asked atomic.Int32
	s := &states{ask: func(context.Context, string) (map[string]string, error) {
		asked.Add(1)
		return map[string]string{"audit.exchange": Disabled}, nil
	}}
	for after, want := range []int32{2, 2, 4} {
		answers := s.refresh(t.Context(), two, noon.Add(time.Duration(after)*59*time.Second))
		if asked.Load() != want {
			t.Errorf("look %d: asked %d times, want %d", after, asked.Load(), want)
		}
		for _, a := range answers {
			if a.state("Audit.Exchange") != Disabled || a.state("Audit.General") != None {
				t.Errorf("look %d: %+v", after, a)
			}
		}
	}
	s.refresh(t.Context(), map[string]schemas.Tenant{contoso: {}}, noon)
	if len(s.of) != 1 {
		t.Errorf("%d answers are kept of one tenant", len(s.of))
	}
}

func TestAStateIsUnknownWhereMicrosoftIsNotAskedOrDoesNotAnswer(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, c := range map[string]struct {
		ctx   context.Context
		ask   func(ctx context.Context, tenant string) (map[string]string, error)
		state string
		says  string
	}{
		"nobody asks":      {t.Context(), nil, Unknown, ""},
		"refused":          {t.Context(), func(context.Context, string) (map[string]string, error) { return nil, errors.New("no consent") }, Unknown, "no consent"},
		"no answer":        {ended, func(ctx context.Context, _ string) (map[string]string, error) { return nil, ctx.Err() }, Unknown, "no answer within 5s"},
		"no subscriptions": {t.Context(), func(context.Context, string) (map[string]string, error) { return nil, nil }, None, ""},
	} {
		a := (&states{ask: c.ask}).refresh(c.ctx, two, noon)[contoso]
		says := ""
		if a.err != nil {
			says = a.err.Error()
		}
		if a.state("Audit.Exchange") != c.state || !strings.HasPrefix(says, c.says) || c.says == "" && says != "" {
			t.Errorf("%s: %q, %q", name, a.state("Audit.Exchange"), says)
		}
	}
}
