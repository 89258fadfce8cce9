package language

import "strings"

// Pseudo is a language for tests of pages: English, longer by two fifths.
const Pseudo = "en-XA"

// ChooseForPages is Choose where Pseudo may be chosen, too.
func ChooseForPages(wanted ...string) string {
	for _, list := range wanted {
		if list == Pseudo {
			return Pseudo
		}
		if found := ours.Choose(list); found != "" {
			return found
		}
	}
	return rows[0].Tag
}

// ForPages are the words of a page in a language that ChooseForPages has found.
func ForPages(lang string) *Words {
	if lang == Pseudo {
		return books[Pseudo]()
	}
	return In(lang)
}

// pseudo makes each English text longer.
func pseudo() *Words {
	w := read(rows[0])
	w.Lang = Pseudo
	for key, text := range w.texts {
		w.texts[key] = stretch(text)
	}
	for key, forms := range w.forms {
		for i := range forms {
			if forms[i] != "" {
				forms[i] = stretch(forms[i])
			}
		}
		w.forms[key] = forms
	}
	return w
}

func stretch(text string) string {
	longer := strings.Repeat("~", max(1, len([]rune(text))*2/5))
	if strings.Contains(text, "{") { // letters inside the braces are names
		return text + longer
	}
	return strings.NewReplacer("a", "á", "o", "ö", "e", "ę").Replace(text) + longer
}
