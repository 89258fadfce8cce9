package message

import "testing"

// L6: an address is found by what it is. One that contains it is another.
func TestSomeoneInTexts(t *testing.T) {
	t.Parallel()
	ann := Someone{ID: "ann", Email: "Ann@Exämple.org"}
	for text, want := range map[string]string{
		"ann@exämple.org":                              "erased",
		"ANN@EXÄMPLE.ORG":                              "erased",
		"ann@xn--exmple-cua.org":                       "erased",
		"Ann <ann@exämple.org>":                        "Ann <erased>",
		`"Ann, B." <Ann@xn--exmple-cua.ORG>, jo@x.org`: `"Ann, B." <erased>, jo@x.org`,
		`"ann"@exämple.org`:                            "erased",
		"Ask ann@exämple.org.":                         "Ask erased.",
		"mailto:ann@exämple.org?subject=x":             "mailto:erased?subject=x",
		"('ann@exämple.org')":                          "('erased')",
		"*ann@exämple.org* and _ann@exämple.org_":      "*erased* and _erased_",
		"ann@exämple.org,ann@exämple.org":              "erased,erased",
		"550 5.1.1 <ann@exämple.org>: unknown":         "550 5.1.1 <erased>: unknown",
	} {
		if got := ann.Erase(text); got != want || !ann.In(text) {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
	for _, other := range []string{
		"joann@exämple.org", "jo.ann@exämple.org", "jo-ann@exämple.org", "jo+ann@exämple.org", "_ann@exämple.org", "o'ann@exämple.org",
		"ann@exämple.org.pl", "ann@exämple.organisation", "ann@sub.exämple.org", "annа@exämple.org", "ann", "", "@", "a@@exämple.org", "ann@example.org",
	} {
		if got := ann.Erase(other); got != other || ann.In(other) {
			t.Errorf("%q became %q", other, got)
		}
	}
	if nobody := (Someone{ID: "ann"}); nobody.In("ann@") || nobody.Has("") || len(nobody.Spellings()) > 0 {
		t.Error("a person without an address is found by one")
	}
	if all := ann.Spellings(); len(all) != 2 || all[1] != "Ann@xn--exmple-cua.org" {
		t.Errorf("spellings: %q", all)
	}
}
