package look

import (
	"encoding/json"
	"slices"
	"strings"
)

// Keys lists the keys of a language's catalogue, in order.
func Keys(lang string) []string {
	content, err := files.ReadFile("catalogue/" + lang + ".json")
	if err != nil {
		return nil
	}
	var tree map[string]any
	if json.Unmarshal(content, &tree) != nil {
		return nil
	}
	return slices.Sorted(slices.Values(leaves("", tree)))
}

// forms are the keys of a text that depends on a number (CLDR).
var forms = []string{"zero", "one", "two", "few", "many", "other"}

func leaves(at string, tree map[string]any) []string {
	var all []string
	for key, below := range tree {
		path := strings.TrimPrefix(at+"."+key, ".")
		branch, is := below.(map[string]any)
		_, counted := branch["other"]
		switch {
		case !is, counted && !slices.Contains(forms, key):
			all = append(all, path)
		default:
			all = append(all, leaves(path, branch)...)
		}
	}
	return all
}
