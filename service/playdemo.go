package service

import (
	"context"
	"errors"
	"net"
	"os"
	"path/filepath"
	"time"

	"notifier/access"
	"notifier/fault"
	"notifier/request"
	"notifier/settings"
)

// DevKey is the API key of the demo, which listens on this machine alone.
const DevKey = "ntf_test_dev"

// DemoRefused is an address that is refused once, so that there is an error to look at and
// to retry.
const DemoRefused = "refused@example.net"

// Who signs in to the demo's console.
const (
	DemoEmail    = "demo@example.org"
	DemoPassword = "let me see the demo"
)

// DemoAdmin lets somebody sign in; it is there already if the demo has run before.
func (h *Service) DemoAdmin(ctx context.Context) error {
	call := request.Call{Site: h.config.Site, At: time.Now().UTC().Truncate(time.Microsecond), By: "demo"}
	_, err := h.staff.AddMember(ctx, call, access.Member{Email: DemoEmail, Role: access.Manager}, DemoPassword)
	if invalid, is := errors.AsType[*fault.Invalid](err); is && invalid.Faults[0].Code == "taken" {
		return nil
	}
	return err
}

// Demo plays the journal of the project's own workflow, as if its last line had happened
// now: what was deferred an hour ago is due at once.
func (h *Service) Demo(ctx context.Context, now time.Time) error {
	lines, err := demoLines()
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return errors.New("the demo has no lines")
	}
	shift := now.Sub(lines[len(lines)-1].At)
	r := &Replay{service: h}
	for _, line := range lines {
		happened := line.At.Add(shift).UTC().Truncate(time.Microsecond)
		if line.Event != nil {
			line.Event.OccurredAt = &happened
		}
		if line.Deadline != nil {
			line.Deadline.DueAt = line.Deadline.DueAt.Add(shift)
		}
		line.At = now.UTC().Truncate(time.Microsecond)
		if err := r.take(ctx, line); err != nil {
			return err
		}
	}
	return nil
}

// DevSecret signs the links of the demo's mails, which nobody else gets.
const DevSecret = "bm90aWZpZXIncyBkZW1vIGtlZXBzIG5vIHNlY3JldHM="

// DevConfig is the configuration of the demo. The jobs tick fast, so that what takes an
// hour in earnest is seen in seconds.
func DevConfig(dir, listen, relay string) (settings.Config, *settings.Reader, error) {
	host, port, err := net.SplitHostPort(relay)
	if err != nil {
		return settings.Config{}, nil, err
	}
	c, r, err := settings.Read(os.DevNull, append([]string{
		"NOTIFIER_DATABASE__URL=sqlite:" + filepath.Join(dir, "notifier.db"),
		"NOTIFIER_HTTP__LISTEN=" + listen,
		"NOTIFIER_HTTP__KEY=" + DevKey,
		"NOTIFIER_HTTP__METRICS_LISTEN=",
		"NOTIFIER_HTTP__PUBLIC_URL=http://" + reachable(listen),
		"NOTIFIER_SECRETS__KEY=" + DevSecret,
		"NOTIFIER_SMTP__HOST=" + host,
		"NOTIFIER_SMTP__PORT=" + port,
		"NOTIFIER_SMTP__TLS=none",
		"NOTIFIER_SMTP__FROM=Workflow <workflow@example.org>",
		"NOTIFIER_JOBS__USER_NOTIFICATIONS__EVERY=10s",
		"NOTIFIER_JOBS__REMINDERS__EVERY=10s",
		"NOTIFIER_LINKS__CASES=http://" + listen + "/mailbox",
		"NOTIFIER_LOG__FORMAT=console",
		"NOTIFIER_LOG__LEVEL=warn",
	}, os.Environ()...))
	c.Demo = true
	return c, r, err
}

// reachable is an address on which a browser of this machine finds what listens there.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return listen
}
