package console

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"

	"notifier/message"
	"notifier/message/search"
)

// offer is a word that a search can be completed with, and what it means.
type offer struct {
	Word   string  `json:"word"`
	Says   string  `json:"says,omitempty"`
	Values []offer `json:"values,omitempty"`
}

// words are what the field of a search offers while somebody types.
func (c *console) words(w http.ResponseWriter, r *http.Request) error {
	b := c.base(r, "", "")
	all := []offer{}
	for _, q := range search.Qualifiers() {
		o := offer{Word: q.Name, Says: b.Clock.Words.T("q.by_" + q.Name)}
		for _, v := range q.Values {
			o.Values = append(o.Values, offer{Word: v, Says: b.meaning(q.Name, v)})
		}
		switch q.Name {
		case "kind":
			for _, k := range slices.Sorted(maps.Keys(c.Users.Catalog(r.Context(), site(r)))) {
				o.Values = append(o.Values, offer{Word: string(k), Says: b.About(k)})
			}
		case "account":
			accounts, err := c.accounts.Accounts(r.Context())
			if err != nil {
				return err
			}
			for _, a := range accounts {
				o.Values = append(o.Values, offer{Word: a.Name, Says: a.Server})
			}
		case "since", "until":
			for _, span := range []string{"1h", "24h", "7d", "30d"} {
				o.Values = append(o.Values, offer{Word: span})
			}
		}
		all = append(all, o)
	}
	w.Header().Set("Content-Type", "application/json")
	return json.NewEncoder(w).Encode(all)
}

// meaning is what people call the value of a qualifier; empty if the value says it.
func (b base) meaning(name, value string) string {
	switch name {
	case "status":
		return b.Clock.Words.T("status." + value)
	case "category":
		return b.Says(message.Category(value))
	}
	return ""
}
