package links_test

import (
	"encoding/base64"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"notifier/links"
	"notifier/message"
)

var (
	noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	key  = links.NewKey([]byte("a secret of this installation"))
	stop = links.Token{Purpose: links.Stop, Site: "default", User: "anna", Kinds: []message.Kind{message.CaseChanged, "audit"}, IssuedAt: noon}
)

func TestRead(t *testing.T) {
	for _, token := range []links.Token{
		stop,
		{Purpose: links.Choose, Site: "default", User: "Żółw 1/2", IssuedAt: noon},
		{Purpose: links.Fresh, Site: "", User: strings.Repeat("x", 200), IssuedAt: noon},
	} {
		text := key.Sign(token)
		got, err := key.Read(text, noon, token.Purpose)
		if err != nil || !reflect.DeepEqual(got, token) {
			t.Errorf("Read(Sign(%+v)) = %+v, %v", token, got, err)
		}
		if strings.ContainsAny(text, "+/=%?# ") {
			t.Errorf("%q does not fit into a path", text)
		}
	}
}

func TestRefused(t *testing.T) {
	text := key.Sign(stop)
	for _, c := range []struct {
		name    string
		text    string
		key     links.Key
		at      time.Time
		purpose links.Purpose
		want    error
	}{
		{"another installation's", text, links.NewKey([]byte("another secret")), noon, links.Stop, links.ErrForged},
		{"for another purpose", text, key, noon, links.Choose, links.ErrPurpose},
		{"for another purpose, the other way", key.Sign(links.Token{Purpose: links.Choose, Site: "default", User: "anna", IssuedAt: noon}), key, noon, links.Stop, links.ErrPurpose},
		{"on its last day", text, key, noon.Add(links.Life - time.Second), links.Stop, nil},
		{"too old", text, key, noon.Add(links.Life), links.Stop, links.ErrOld},
		{"cut", text[:len(text)-1], key, noon, links.Stop, links.ErrForged},
		{"longer", text + "A", key, noon, links.Stop, links.ErrForged},
		{"with a line end inside", text[:9] + "\n" + text[9:], key, noon, links.Stop, links.ErrForged},
		{"with padding", text + "=", key, noon, links.Stop, links.ErrForged},
		{"nothing", "", key, noon, links.Stop, links.ErrForged},
		{"endless", strings.Repeat("A", 1<<20), key, noon, links.Stop, links.ErrForged},
	} {
		if _, err := c.key.Read(c.text, c.at, c.purpose); !errors.Is(err, c.want) {
			t.Errorf("%s: Read = %v, want %v", c.name, err, c.want)
		}
	}
	if got, err := key.Read(text, noon.Add(2*links.Life), links.Stop); !errors.Is(err, links.ErrOld) || got.User != "anna" {
		t.Errorf("an old token: %+v, %v: its holder could not be sent a fresh one", got, err)
	}
}

// Each bit counts: of what is signed, and of how it is written.
func TestEachBit(t *testing.T) {
	text := key.Sign(stop)
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 * len(raw) {
		raw[i/8] ^= 1 << (i % 8)
		if _, err := key.Read(base64.RawURLEncoding.EncodeToString(raw), noon, links.Stop); !errors.Is(err, links.ErrForged) {
			t.Errorf("bit %d flipped: %v", i, err)
		}
		raw[i/8] ^= 1 << (i % 8)
	}
	for i := range 8 * len(text) {
		b := []byte(text)
		b[i/8] ^= 1 << (i % 8)
		if _, err := key.Read(string(b), noon, links.Stop); !errors.Is(err, links.ErrForged) {
			t.Errorf("bit %d of the text flipped: %v", i, err)
		}
	}
}

func TestFresh(t *testing.T) {
	token := links.Token{Purpose: links.Fresh, IssuedAt: noon}
	if !token.Fresh(noon.Add(59*time.Minute)) || token.Fresh(noon.Add(time.Hour)) {
		t.Error("a fresh link is fresh for an hour")
	}
	token.Purpose = links.Choose
	if token.Fresh(noon) {
		t.Error("a link in a mail is not fresh: mails are forwarded")
	}
}

func TestDoor(t *testing.T) {
	d := links.Door{Key: key, Base: "https://n.example.org"}
	for _, link := range []string{d.Choose("default", "anna", noon), d.Fresh("default", "anna", noon), d.Stop("default", "anna", stop.Kinds, noon)} {
		text := link[strings.LastIndex(link, "/")+1:]
		if _, err := key.Read(text, noon, links.Choose, links.Fresh, links.Stop); err != nil {
			t.Errorf("%s: %v", link, err)
		}
	}
	if !d.OneClick() || (links.Door{Base: "http://n.example.org"}).OneClick() {
		t.Error("one click is for https")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(key.Sign(stop))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		token, err := key.Read(text, noon, links.Choose, links.Fresh, links.Stop)
		if err == nil && key.Sign(token) != text {
			t.Errorf("%q is read as %+v, which is written otherwise", text, token)
		}
	})
}
