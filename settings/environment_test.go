package settings

import (
	"errors"
	"os"
	"strings"
	"testing"
)

// Whatever stands in the environment, it is a configuration or a list of what is wrong.
func FuzzEnvironment(f *testing.F) {
	f.Add("SMTP__HOST", "mail.example.org")
	f.Add("SMTP_HOST", "x")
	f.Add("JOBS__NOTIFICATIONS__EVERY", "3")
	f.Add("ACCOUNTS__BACKUP__LIMITS__DAY", "-1")
	f.Add("KINDS__X__FREQUENCIES", "daily,,hourly")
	f.Add("SMTP__OAUTH2__SCOPES", ",")
	f.Add("____", "")
	f.Fuzz(func(t *testing.T, name, value string) {
		if strings.Contains(strings.ToLower(name+value), "file") {
			return // what it names would be read
		}
		_, err := Load(os.DevNull, []string{prefix + name + "=" + value})
		var bad *Error
		if err == nil {
			return
		}
		if !errors.As(err, &bad) || len(bad.Problems) == 0 {
			t.Fatalf("%T %v", err, err)
		}
		for _, p := range bad.Problems {
			if p.Text == "" || p.Source == "" {
				t.Errorf("a problem without words: %+v", p)
			}
		}
	})
}
