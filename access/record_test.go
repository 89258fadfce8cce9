package access_test

import (
	"encoding/json"
	"strings"
	"testing"

	"notifier/access"
)

func TestDifferences(t *testing.T) {
	for _, row := range []struct{ name, before, after, was, is string }{
		{"what changed", `{"a":1,"b":[1],"c":"x"}`, `{"a":1,"b":[2],"d":true}`, `{"b":[1],"c":"x"}`, `{"b":[2],"d":true}`},
		{"something new", ``, `{"a":1}`, `null`, `{"a":1}`},
		{"something gone", `{"a":1}`, ``, `{"a":1}`, `null`},
		{"nothing", `{"a":{"b":1}}`, `{"a":{"b":1}}`, `null`, `null`},
		{"no secret", `{}`, `{"a":1,"secret":"x","password":"y"}`, `null`, `{"a":1}`},
		{"what passes", `{"updated_at":1}`, `{"updated_at":2,"next":[]}`, `null`, `null`},
		{"no object", `[1]`, `"x"`, `null`, `null`},
		{"no JSON", `{`, `x`, `null`, `null`},
	} {
		was, is := access.Differences(json.RawMessage(row.before), json.RawMessage(row.after))
		for _, one := range []struct {
			got  access.State
			want string
		}{{was, row.was}, {is, row.is}} {
			if got, err := json.Marshal(one.got); err != nil || string(got) != one.want {
				t.Errorf("%s: %s (%v), want %s", row.name, got, err, one.want)
			}
		}
	}
	long, err := json.Marshal(map[string]string{"html": strings.Repeat("ż", 10_000)})
	if err != nil {
		t.Fatal(err)
	}
	if _, is := access.Differences(nil, long); len(is["html"].(string)) > 1000 {
		t.Errorf("a long value has %d bytes", len(is["html"].(string)))
	}
}
