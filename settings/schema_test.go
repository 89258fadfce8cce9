package settings

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestEveryKeyIsExplained(t *testing.T) {
	says := explanations()
	var explained func(path string) bool
	explained = func(path string) bool {
		above, _, found := cutLast(path)
		return says[path] != "" || found && explained(above)
	}
	d := Defaults()
	for _, l := range referenced("", reflect.ValueOf(&d).Elem()) {
		if !explained(l.path) {
			t.Errorf("%s has no comment in config.yaml, and neither has its section", l.path)
		}
	}
}

// Each word that the schema offers is taken, and no other is.
func TestTheSchemaOffersWhatIsTaken(t *testing.T) {
	for path, all := range words {
		if strings.Contains(path, "NAME") {
			continue
		}
		variable := prefix + strings.ToUpper(strings.ReplaceAll(path, ".", "__"))
		for _, word := range append(all, "nonsense") {
			_, err := Load(os.DevNull, []string{variable + "=" + word})
			wrong := err != nil && strings.Contains(err.Error(), `"`+word+`" is not possible here`)
			if (word == "nonsense") != wrong {
				t.Errorf("%s = %q: %v", path, word, err)
			}
		}
	}
	raw, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	var schema struct {
		Properties map[string]struct {
			Default any `json:"default"`
		} `json:"properties"`
	}
	if err := json.Unmarshal(raw, &schema); err != nil {
		t.Fatal(err)
	}
	if got := schema.Properties["timezone"].Default; got != "UTC" {
		t.Errorf("the default of timezone is %v", got)
	}
}
