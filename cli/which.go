package cli

import (
	"net/url"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"notifier/fault"
	"notifier/message"
	"notifier/message/search"
)

// which says which messages a command is for, by the words of the API and the console.
type which struct {
	line   string
	values map[string]*string
}

func (w *which) flags(c *cobra.Command) {
	w.values = map[string]*string{}
	c.Flags().StringVarP(&w.line, "query", "q", "", `a `+"`search`"+` in one line, as in "status:error since:24h"; see notifier help filters`)
	for _, q := range search.Qualifiers() {
		if q.Name == "site" {
			continue // --site says where a command works
		}
		w.values[q.Name] = c.Flags().String(q.Name, "", "only messages "+q.Says)
		if q.Values != nil {
			_ = c.RegisterFlagCompletionFunc(q.Name, cobra.FixedCompletions(slices.Clone(q.Values), cobra.ShellCompDirectiveNoFileComp)) // the flag is there
		}
	}
}

// query is the filter as a list takes it.
func (w *which) query() url.Values {
	q := url.Values{}
	if w.line != "" {
		q.Set("q", w.line)
	}
	for name, value := range w.values {
		if *value != "" {
			q.Set(name, *value)
		}
	}
	return q
}

// filter is the filter as an operation takes it.
func (w *which) filter(now time.Time) (message.Filter, error) {
	f, err := search.Filter(w.line, "query.query", now)
	if err != nil {
		return f, inFlags(err)
	}
	var bad fault.Invalid
	for _, q := range search.Qualifiers() {
		if value := w.values[q.Name]; value != nil && *value != "" {
			bad.Check("query."+q.Name, "bad_word", q.Set(&f, *value, now))
		}
	}
	return f, inFlags(bad.Err())
}

// inFlags tells what is wrong with a filter by the flags that said it.
func inFlags(err error) error {
	bad, is := err.(*fault.Invalid)
	if !is {
		return err
	}
	r := &refusal{}
	r.Status, r.Errors, r.MoreErrors = 422, bad.Faults, bad.More
	return r
}
