package normalize_test

import (
	"testing"

	"github.com/tidwall/gjson"
)

func TestParametersAreReadAsTheyAreTyped(t *testing.T) {
	for typed, want := range map[string]string{
		`-Identity bob -User eve`:                             "bob|eve",
		`-Identity "bob" -User "eve"`:                         "bob|eve",
		`-Identity 'bob' -User 'eve'`:                         "bob|eve",
		`-Identity:bob -User:"eve"`:                           "bob|eve",
		`-identity bob -USER eve`:                             "bob|eve",
		`-Confirm:$false -Identity bob -Force -User eve -X`:   "bob|eve",
		`-Identity "bob -User mallory" -User eve`:             "bob -User mallory|eve",
		`-Identity 'bob -User mallory' -User eve`:             "bob -User mallory|eve",
		`-Identity "bob ""-User mallory"" b" -User eve`:       `bob "-User mallory" b|eve`,
		`-Identity O'Brien -User eve`:                         "O'Brien|eve",
		`-Identity bob brown -User eve`:                       "bob brown|eve",
		`-Identity -1 -User -`:                                "-1|-",
		`-Identity "bob","ann b" -User 'eve',"m"`:             "bob|eve",
		`-Identity "bob", 'a,b' -User eve,m`:                  "bob|eve,m",
		"\t-Identity\r\n\"bob\"\t-User  eve ":                 "bob|eve",
		`-User eve -User mallory -Identity "bob`:              `"bob|eve`,
		`-Identity "" -User eve`:                              "o|eve",
		`Add-MailboxPermission bob -User eve -Identity b\c-d`: `b\c-d|eve`,
	} {
		got := event(t, `"Operation":"Add-MailboxPermission","ObjectId":"o","Parameters":%q`, typed)
		if s := gjson.GetBytes(got, "resources.0.name").Str + "|" + gjson.GetBytes(got, "user.name").Str; s != want {
			t.Errorf("%s: %s, want %s", typed, s, want)
		}
	}
}
