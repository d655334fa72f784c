package o365

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
)

func TestDamageTakesNoOtherRecordWithIt(t *testing.T) {
	const common = `"CreationTime":"t","Operation":"o"` // of which the schema wants more
	const one, three, four = `{"Id":"1","x":{"y":[1]}}`, `{"Id":"3",` + common + `}`, `{ "Id":"4",` + common + `,"s":",{\"Id\":\"no\"}"}`
	const six = `{"Id":"6",` + common + `}`
	for name, c := range map[string]struct {
		body string
		want []string
		end  BodyKind // "" where the body counts as whole
		left string   // the fragment
	}{
		"a string without its end": {`[` + one + `,{"Id":"2","a":"b,` + three + `,` + four + `]`,
			[]string{one, `{"Id":"2","a":"b`, three, four}, "", ""},
		"a bracket without its end": {`[` + one + `,{"Id":"2","a":[1,` + three + `]`,
			[]string{one, `{"Id":"2","a":[1`, three}, "", ""},
		"two damages that make up for each other": {`[` + one + `,{"Id":"2","a":"b,` + three + `,{"Id":"5","a":"b,` + four + `]`,
			[]string{one, `{"Id":"2","a":"b`, three, `{"Id":"5","a":"b`, four}, "", ""},
		"damage that closes again later": {`[` + one + `,{"Id":"2","a":"b,{"Id":"5","z":"q,` + three + `,` + six + `},` + four + `]`,
			[]string{one, `{"Id":"2","a":"b,{"Id":"5","z":"q`, three, six, `}`, four}, "", ""},
		"the first record": {`[{"Id":"2","a":"b,` + three + `]`,
			[]string{`{"Id":"2","a":"b`, three}, "", ""},
		"the body breaks off as well": {`[` + one + `,{"Id":"2","a":"b,` + three + `,{"Id":"6"`,
			[]string{one, `{"Id":"2","a":"b`, three}, BreaksOff, `{"Id":"6"`},
		"the end is missing": {`[` + one + `,{"Id":"2","a":"b,` + three,
			[]string{one, `{"Id":"2","a":"b`, three}, BreaksOff, ""},
		"the last record": {`[` + one + `,{"Id":"2","a":"b]`,
			[]string{one}, BreaksOff, `{"Id":"2","a":"b]`},
		"objects within are no records": {`[` + one + `,{"Id":"2","l":[{"Name":"a","Id":"x"},{"Name":"b","Id":"y"}],"a":"b]`,
			[]string{one}, BreaksOff, `{"Id":"2","l":[{"Name":"a","Id":"x"},{"Name":"b","Id":"y"}],"a":"b]`},
		"objects that begin as records do": {`[{"Id":"2","l":[{"Id":"x"},{"Id":"y","Operation":"o"}],"a":"b]`,
			nil, BreaksOff, `{"Id":"2","l":[{"Id":"x"},{"Id":"y","Operation":"o"}],"a":"b]`},
		"objects within a whole record": {`[{"Id":"1","l":[{"Id":"x"},{"Id":"y"}]},` + three + `]`,
			[]string{`{"Id":"1","l":[{"Id":"x"},{"Id":"y"}]}`, three}, "", ""},
		"an Id that is none": {`[` + one + `,{"Id":"2","a":"b,{"Id":77},{"Id":""},{"Id":null}]`,
			[]string{one}, BreaksOff, `{"Id":"2","a":"b,{"Id":77},{"Id":""},{"Id":null}]`},
	} {
		t.Run(name, func(t *testing.T) {
			for step := 1; step < 40; step += 7 {
				got, err := elements(stepped{strings.NewReader(c.body), step}, maxRecord)
				if !slices.Equal(got, c.want) {
					t.Fatalf("got  %q\nwant %q", got, c.want)
				}
				if c.end == "" {
					if !errors.Is(err, io.EOF) {
						t.Errorf("ends with %v", err)
					}
					continue
				}
				var bad *BodyError
				if !errors.As(err, &bad) || bad.Kind != c.end || string(bad.Fragment) != c.left || bad.Size != int64(len(c.left)) {
					t.Errorf("ends with %v, want %q to be left", err, c.left)
				}
			}
		})
	}
}

// What an attacker can choose in a record must not make the salvage look at the same bytes again and again.
func TestSalvageIsNotMadeToWorkForever(t *testing.T) {
	hostile := `[{"Id":"1"},` + strings.Repeat(`{"Id":[0,`, 50_000)
	got, err := elements(strings.NewReader(hostile), maxRecord)
	var bad *BodyError
	if len(got) != 1 || !errors.As(err, &bad) || bad.Kind != BreaksOff {
		t.Errorf("%d records, error %v", len(got), err)
	}
}
