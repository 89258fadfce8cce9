package settings

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// TimesOf are the sites of a configuration with the zones and the calendars of another. Their other
// keys need a restart.
func (c Config) TimesOf(other Config) map[string]Site {
	all := maps.Clone(c.Sites)
	for name, s := range all {
		if o, both := other.Sites[name]; both {
			s.Timezone, s.Workday = o.Timezone, o.Workday
			all[name] = s
		}
	}
	return all
}

// Differing are the keys with other values.
func Differing(a, b Config) []string {
	values := map[string]any{}
	for _, l := range leaves("", reflect.ValueOf(&a).Elem()) {
		values[l.path] = l.value
	}
	changed := []string{}
	for _, l := range leaves("", reflect.ValueOf(&b).Elem()) {
		if before, known := values[l.path]; !known || !reflect.DeepEqual(before, l.value) {
			changed = append(changed, l.path)
		}
		delete(values, l.path)
	}
	for path := range values {
		changed = append(changed, path)
	}
	slices.Sort(changed)
	return changed
}

// reloadable begin the keys that count as soon as the configuration is read again.
var reloadable = []string{"jobs.", "limits.", "smtp.", "accounts.", "dkim.", "log.level", "timezone", "kinds.", "workday."}

// CountsAtOnce tells whether a key counts as soon as the configuration is read again.
func CountsAtOnce(key string) bool {
	if strings.HasPrefix(key, "sites.") { // a name may have dots
		return strings.HasSuffix(key, ".timezone") || strings.Contains(key, ".workday.")
	}
	return slices.ContainsFunc(reloadable, func(begins string) bool { return strings.HasPrefix(key, begins) })
}
