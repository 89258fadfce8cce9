package main

import (
	"net/url"

	"github.com/spf13/cobra"

	"notifier/message"
)

// filters are the words that narrow a list of messages, as the API knows them.
var filters = []struct{ name, usage string }{
	{"status", "only messages with this `status`; notifier help statuses tells them"},
	{"category", "only messages with an error of this `category`"},
	{"user", "only messages to this `user`"},
	{"case", "only messages about the case with this `id`"},
	{"reference", "only messages with this `id` of the caller's"},
}

// which says which messages a command is for.
type which struct{ values map[string]*string }

func (w *which) flags(c *cobra.Command) {
	w.values = map[string]*string{}
	for _, f := range filters {
		w.values[f.name] = c.Flags().String(f.name, "", f.usage)
	}
	complete := func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		var all []string
		for _, s := range message.Statuses() {
			all = append(all, string(s))
		}
		return all, cobra.ShellCompDirectiveNoFileComp
	}
	_ = c.RegisterFlagCompletionFunc("status", complete) // the flag is there
}

// given are the filters that were given.
func (w *which) given() (map[string]string, error) {
	all := map[string]string{}
	for name, value := range w.values {
		if *value != "" {
			all[name] = *value
		}
	}
	return all, nil
}

// query is the filter as a list takes it.
func (w *which) query() (url.Values, error) {
	given, err := w.given()
	q := url.Values{}
	for name, value := range given {
		q.Set(name, value)
	}
	return q, err
}
