package language

import "embed"

// Row is a language in which we say everything. Its texts stand in the file of its tag, and its
// plural rule is that of CLDR, from golang.org/x/text.
type Row struct {
	Tag  string // BCP 47
	Name string // what its speakers call it
	// Millions tells that whole millions ask for the form "many", as in "un million de francs".
	// CLDR says so of Romance languages; the rules of golang.org/x/text are older.
	Millions bool
}

// rows are the languages, the one first that stands in where a reader wants another. Who adds
// one writes its row and its file, and nothing else (docs/translating.md).
var rows = []Row{
	{Tag: "en", Name: "English"},
	{Tag: "pl", Name: "Polski"},
	{Tag: "fr", Name: "Français", Millions: true},
}

//go:embed *.json
var files embed.FS

// All are the languages, the one first that stands in for others.
func All() []Row { return append([]Row(nil), rows...) }

// Tags are those of All, in its order.
func Tags() []string {
	tags := make([]string, len(rows))
	for i, r := range rows {
		tags[i] = r.Tag
	}
	return tags
}

// Name is what speakers of a language call it; empty if it is none of ours.
func Name(tag string) string {
	for _, r := range rows {
		if r.Tag == tag {
			return r.Name
		}
	}
	return ""
}

// ours finds the language of a reader.
var ours = NewMatcher(Tags()...)

// In are the words for a person who reads that language, as Lookup finds them; English ones
// where there are none.
func In(tag string) *Words {
	if found := ours.Lookup(tag); found != "" {
		return books[found]()
	}
	return books[rows[0].Tag]()
}

// Choose is the language for somebody who speaks these, the preferred one first: each is a tag,
// or a list as browsers send it in Accept-Language.
func Choose(wanted ...string) string {
	if found := ours.Choose(wanted...); found != "" {
		return found
	}
	return rows[0].Tag
}
