package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"notifier/api/remote"
	"notifier/listing"
	"notifier/settings"
	"notifier/template"
)

// beside is what the service does for a command in its own process that the API does not offer.
type beside interface {
	Warn() // of what keeps mail from leaving
	FlushOnce(ctx context.Context) (map[string]int, error)
	OperateNow(ctx context.Context) error // nobody else may be there to do it
	SetTemplates(ctx context.Context, all []template.Template) error
	WriteJournal(ctx context.Context, out io.Writer, since, until time.Time) error
}

// door is how a command reaches the service: by the requests of its API. Either that is
// answered in this process, on the database that the configuration names, or elsewhere.
type door struct {
	client *remote.Client
	base   string
	beside beside // nil if the service is elsewhere
}

// How often a call is made at most where it is safe to repeat, and how long it waits
// meanwhile: a person waits for it.
const (
	attempts = 3
	patience = 5 * time.Second
)

// knock makes a door of an address and a key.
func knock(base, key string, h beside, o remote.Options) (*door, error) {
	c, err := remote.New(base, key, o)
	if err != nil {
		return nil, usageError{err}
	}
	return &door{client: c, base: base, beside: h}, nil
}

// elsewhere tells whether a command is about a service that runs somewhere else, and where.
func (s *shared) elsewhere() (server string, err error) {
	server = s.server
	if server == "" && s.config == "" {
		server = os.Getenv(settings.ServerVariable)
	}
	if server == "" {
		return "", nil
	}
	u, err := url.Parse(server)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return "", usageError{fmt.Errorf("%q is not the address of a service. Write it as https://notify.example.org", server)}
	}
	if s.config != "" {
		return "", usageError{errors.New("--server and --config are both given: the one is for a service elsewhere, the other for a database. Leave one out")}
	}
	return strings.TrimRight(server, "/"), nil
}

// unasked are the commands that have to do with no service of ours, wherever one runs; serve
// tells its log, and doctor among what it finds.
var unasked = []string{
	"notifier", "notifier dev", "notifier version", "notifier config example", "notifier config schema",
	"notifier serve", "notifier doctor",
}

// tellOfServer says that a command does not go where NOTIFIER_SERVER says, if it works here alone.
func tellOfServer(c *cobra.Command) {
	if says := notElsewhere(c.CommandPath()); says != "" && c.Flags().Lookup("server") == nil && !slices.Contains(unasked, c.CommandPath()) && c.GroupID != "more" && !c.IsAdditionalHelpTopicCommand() {
		note(c, "%s", says)
	}
}

// notElsewhere is that a command works here alone, though NOTIFIER_SERVER names a service
// elsewhere; empty where it names none.
func notElsewhere(command string) string {
	if os.Getenv(settings.ServerVariable) == "" {
		return ""
	}
	return fmt.Sprintf("%s is set, but %s does not use it: it works on this machine, by the configuration here. Run it where the service runs.", settings.ServerVariable, command)
}

// withDoor does something with the service, here or elsewhere.
func (s *shared) withDoor(c *cobra.Command, do func(ctx context.Context, d *door) error) error {
	server, err := s.elsewhere()
	if err != nil {
		return err
	}
	if server != "" {
		d, err := s.remoteDoor(c, server)
		if err != nil {
			return err
		}
		return do(c.Context(), d)
	}
	h, err := s.openService(c.Context(), s.site)
	if missing, is := errors.AsType[settings.NoDatabaseError](err); is {
		return fmt.Errorf("%w, and --server URL a service that runs elsewhere", missing)
	}
	if err != nil {
		return err
	}
	here, err := h.Here(c.Context(), whoami())
	var d *door
	if err == nil {
		d, err = knock("http://here", "none", h, s.agent(remote.Options{HTTP: &http.Client{Transport: inside{here}}, Attempts: 1}))
	}
	if err == nil {
		err = do(c.Context(), d)
	}
	return errors.Join(err, h.Close())
}

func (s *shared) remoteDoor(c *cobra.Command, server string) (*door, error) {
	if s.site != "" {
		return nil, usageError{errors.New("the site of a command with --server is that of its key. Leave --site out")}
	}
	key := os.Getenv(settings.KeyVariable)
	if s.keyFile != "" {
		content, err := os.ReadFile(s.keyFile)
		if err != nil {
			return nil, usageError{fmt.Errorf("--key-file cannot be read: %w", err)}
		}
		if open, err := settings.ReadableByAll(s.keyFile); err == nil && open {
			note(c, "Everybody on this machine may read %s. Write: chmod 600 %s", s.keyFile, s.keyFile)
		}
		key = strings.TrimSpace(string(content))
	}
	if key == "" {
		return nil, usageError{fmt.Errorf("a key is needed for %s. Name a file with --key-file, or set %s", server, settings.KeyVariable)}
	}
	if u, err := url.Parse(server); err == nil && u.Scheme == "http" && !loopback(u.Hostname()) {
		note(c, "%s is not encrypted: others on the way may read the key. Use https.", server)
	}
	return knock(server, key, nil, s.agent(remote.Options{Attempts: attempts, Patience: patience}))
}

// agent are the options of a client that says what calls.
func (s *shared) agent(o remote.Options) remote.Options {
	o.UserAgent = "notifier/" + s.version
	return o
}

func loopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// inside answers requests by a handler of this process.
type inside struct{ http.Handler }

// RoundTrip makes the handler's answer that of a server.
func (i inside) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	a := &answer{header: http.Header{}, status: http.StatusOK}
	i.ServeHTTP(a, r)
	return &http.Response{
		StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: r,
	}, r.Context().Err()
}

// answer keeps what a handler writes.
type answer struct {
	header  http.Header
	status  int
	written bool
	body    bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if !a.written {
		a.status, a.written = status, true
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(b)
}

// SetReadDeadline is asked for by the API; what is in memory comes in time.
func (a *answer) SetReadDeadline(time.Time) error { return nil }

// apiRequest is one call of the API.
type apiRequest struct {
	method, path string // the path below /api/v1
	query        url.Values
	body         any
	key          string // Idempotency-Key
}

// path joins the parts of a path, each of which may hold anything.
func path(parts ...string) string {
	var b strings.Builder
	for _, part := range parts {
		b.WriteString("/" + url.PathEscape(part))
	}
	return b.String()
}

// maxAnswer is the largest document that is read, in bytes.
const maxAnswer = 64 << 20

// call asks and returns the answer, JSON or nothing. An answer that is a problem is a
// *refusal.
func (d *door) call(ctx context.Context, q apiRequest) ([]byte, error) {
	raw, err := d.client.Do(ctx, remote.Call{Method: q.method, Path: q.path, Query: q.query, Body: q.body, Key: q.key})
	if err == nil {
		return raw, nil
	}
	return nil, d.failed(ctx, err)
}

// failed is what a call ended with, as a command tells it.
func (d *door) failed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var told *remote.Problem
	if errors.As(err, &told) && told.Code != "" {
		return &refusal{Problem: *told, here: d.beside != nil}
	}
	if errors.As(err, &told) {
		return unreachedError{fmt.Errorf("%s answered %d, and not as this service does. Is the address right?", d.base, told.Status)}
	}
	why := err.Error()
	if _, after, cut := strings.Cut(why, remote.ErrUnavailable.Error()+": "); cut {
		why = after
	}
	return unreachedError{fmt.Errorf("%s does not answer: %s. Is the service running there? curl %s/healthz tells", d.base, why, d.base)}
}

// unreachedError is that of a service elsewhere that does not answer.
type unreachedError struct{ error }

// ask is call, with the answer decoded.
func ask[T any](ctx context.Context, d *door, q apiRequest) (answer T, raw []byte, err error) {
	if raw, err = d.call(ctx, q); err != nil {
		return answer, nil, err
	}
	if err = json.Unmarshal(raw, &answer); err != nil {
		err = fmt.Errorf("the answer of %s is not understood. Is it another version? %w", cmp.Or(d.base, "the service"), err)
	}
	return answer, raw, err
}

// pageSize is the longest page that the API gives.
const pageSize = 200

// list reads a list of at most n items, page by page; 0: all.
func (d *door) list(ctx context.Context, q apiRequest, n int) (listing.Page, error) {
	var all listing.Page
	if n < 0 {
		return all, usageError{fmt.Errorf("--limit %d is less than nothing. Write how many at most, or 0 for all", n)}
	}
	paged := q.query != nil
	for {
		if paged {
			size := pageSize
			if n > 0 {
				size = min(size, n-len(all.Data))
			}
			q.query.Set("limit", fmt.Sprint(size))
		}
		page, _, err := ask[listing.Page](ctx, d, q)
		if err != nil {
			return all, err
		}
		all.Data = append(all.Data, page.Data...)
		all.NextCursor, all.HasMore = page.NextCursor, page.HasMore
		if page.NextCursor == "" || n > 0 && len(all.Data) >= n {
			return all, nil
		}
		q.query.Set("cursor", page.NextCursor)
	}
}
