// Package doctor looks at what a service of this kind needs around it: names in the DNS,
// certificates, disk space, ports and who may read which file.
//
// It changes nothing, sends no mail, and knows neither the database nor the queue.
package doctor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Verdict is how a check went.
type Verdict string

// The verdicts.
const (
	Fine    Verdict = "ok"
	Warning Verdict = "warning" // it works, but not for long, or not for everybody
	Failed  Verdict = "failed"
	Unknown Verdict = "unknown" // it could not be found out here
)

// Finding is what a check found, and what to do about it.
type Finding struct {
	Check   string  `json:"check"`
	Verdict Verdict `json:"verdict"`
	Says    string  `json:"says"`
	Do      string  `json:"do,omitempty"`
}

// OK is the finding that all is well.
func OK(check, format string, a ...any) Finding {
	return Finding{Check: check, Verdict: Fine, Says: fmt.Sprintf(format, a...)}
}

// Disk tells whether there is room where a file lies.
func Disk(file string) Finding {
	const check, scarce, none = "disk space", 1 << 30, 100 << 20
	dir := filepath.Dir(file)
	free, err := freeBytes(dir)
	switch {
	case err != nil:
		return Finding{check, Unknown, fmt.Sprintf("what is free in %s cannot be told: %s", dir, err), ""}
	case free < none:
		return Finding{check, Failed, fmt.Sprintf("%s has %d MB left", dir, free>>20), "Make room: without it no message can be taken."}
	case free < scarce:
		return Finding{check, Warning, fmt.Sprintf("%s has %d MB left", dir, free>>20), "Make room soon."}
	}
	return OK(check, "%s has %.1f GB left", dir, float64(free)/(1<<30))
}

// Modes tells whether only those may read a file who should.
func Modes(check, file string) Finding {
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return Finding{check, Unknown, file + " is not there", ""}
	case err != nil:
		return Finding{check, Failed, err.Error(), "Let the user of the service read it."}
	}
	return modes(check, file, info)
}

// Port tells whether the address of pages and API is free, or the service answers there.
func Port(ctx context.Context, address string) Finding {
	const check = "port"
	listener, err := net.Listen("tcp", address)
	if err == nil {
		err = listener.Close()
	}
	if err == nil {
		return OK(check, "%s is free for the service", address)
	}
	if ready := Ready(ctx, address); ready != nil {
		return Finding{check, Failed, err.Error() + "; " + ready.Error(), "End what has the address, or set http.listen to another."}
	}
	return OK(check, "the service answers at %s, and is ready", address)
}

// Ready tells why the service at an address is not ready; nil if it is.
func Ready(ctx context.Context, address string) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	address = reachable(address)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return fmt.Errorf("%s does not answer", address)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers /readyz with %d%s", address, answer.StatusCode, why(answer.Body))
	}
	return nil
}

// Told are the conditions that the service at an address tells although it is ready; none if
// it does not run.
func Told(ctx context.Context, address string) (all []Finding) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+reachable(address)+"/readyz", nil)
	if err != nil {
		return nil
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if answer.StatusCode != http.StatusOK || lines[0] != "ready" {
		return nil
	}
	for _, line := range lines[1:] {
		all = append(all, Finding{Check: "service", Verdict: Warning, Says: line})
	}
	return all
}

// reachable is where this machine reaches an address that a service listens on.
func reachable(address string) string {
	if host, port, err := net.SplitHostPort(address); err == nil && (host == "" || net.ParseIP(host).IsUnspecified()) {
		return net.JoinHostPort("127.0.0.1", port)
	}
	return address
}

// why is what a service says that is not ready, if it says it.
func why(body io.Reader) string {
	var problem struct {
		Detail string `json:"detail"`
	}
	if json.NewDecoder(io.LimitReader(body, 64<<10)).Decode(&problem) != nil || problem.Detail == "" {
		return ""
	}
	return ": " + strings.TrimSuffix(problem.Detail, ".")
}

// Clock tells whether another clock agrees with ours.
func Clock(theirs, ours time.Time) Finding {
	const check = "clock"
	apart := theirs.Sub(ours).Abs().Round(10 * time.Millisecond)
	switch {
	case apart > time.Minute:
		return Finding{check, Failed, fmt.Sprintf("this machine and the database are %s apart", apart), "Have both set their clocks by NTP: mail is due by the clock of each replica."}
	case apart > 2*time.Second:
		return Finding{check, Warning, fmt.Sprintf("this machine and the database are %s apart", apart), "Have both set their clocks by NTP."}
	}
	return OK(check, "this machine and the database agree within %s", max(apart, 10*time.Millisecond))
}
