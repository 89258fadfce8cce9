package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/spf13/cobra"

	"notifier/listing"
	"notifier/message"
)

// process is what is switched off in one.
type process struct {
	ID    string         `json:"process"`
	Muted []message.Kind `json:"muted"`
}

func processCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "process", Short: "Switch kinds of event off in a process, for everybody", RunE: showHelp}
	var kinds []string
	set := s.verb("set PROCESS", "Say which kinds of event nobody is told of in a process", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		body := map[string]any{"muted": append([]string{}, kinds...)}
		return s.printProcess(ctx, c, d, apiRequest{method: http.MethodPut, path: path("processes", ids[0]), body: body})
	})
	set.Example = "  notifier process set lease --mute case_changed\n  notifier process set lease    everything is told again"
	set.Flags().StringSliceVar(&kinds, "mute", nil, "`kind` of event that nobody is told of; may be repeated (default: none)")
	c.AddCommand(s.verb("show PROCESS", "Tell what is switched off in a process", func(ctx context.Context, c *cobra.Command, d *door, ids []string) error {
		return s.printProcess(ctx, c, d, apiRequest{method: http.MethodGet, path: path("processes", ids[0])})
	}), set)
	return s.reaches(c)
}

func (s *shared) printProcess(ctx context.Context, c *cobra.Command, d *door, q apiRequest) error {
	p, raw, err := ask[process](ctx, d, q)
	if err != nil {
		return err
	}
	return listing.One(s.printer(c), raw, func(out io.Writer) error {
		var muted []string
		for _, k := range p.Muted {
			muted = append(muted, string(k))
		}
		_, err := fmt.Fprintf(out, "%s  muted: %s\n", p.ID, cmp.Or(strings.Join(muted, ", "), "nothing"))
		return err
	})
}
