package cli

import (
	"net/http"
	"regexp"
	"strings"

	"notifier/api/remote"
	"notifier/fault"
	"notifier/settings"
)

// refusal is a problem that the API answered with.
type refusal struct {
	remote.Problem
	here bool // it was answered in this process
}

// Error is what was wrong, each thing on its own line, in the words of the command line.
func (r *refusal) Error() string {
	var lines []string
	for _, f := range r.Errors {
		where := strings.ReplaceAll(strings.TrimPrefix(f.Pointer, "/"), "/", ".")
		if flag, query := strings.CutPrefix(where, "query."); query {
			where = "--" + strings.ReplaceAll(flag, "_", "-")
		}
		if where != "" {
			where += ": "
		}
		lines = append(lines, where+inCommands(f.Detail))
	}
	if r.MoreErrors > 0 {
		lines = append(lines, fault.AndMore(r.MoreErrors))
	}
	if len(lines) == 0 {
		lines = []string{inCommands(uncapitalized(r.Detail))}
	}
	if r.Status == http.StatusInternalServerError && !r.here {
		lines = append(lines, "The request was "+r.RequestID+".")
	}
	return strings.Join(lines, "\n")
}

// advised are the sentences of the API that say what to call next, and what that is on the
// command line.
var advised = []struct {
	says *regexp.Regexp
	here string
}{
	{regexp.MustCompile(`/api/v1/messages lists what there is`), "notifier queue list lists what there is"},
	{regexp.MustCompile(`/api/v1/operations lists what there is`), "notifier queue operations lists what there is"},
	{regexp.MustCompile(`/api/v1/([a-z]+)s lists what there is`), "notifier $1 list lists what there is"},
	{regexp.MustCompile(`PUT /api/v1/(user|group)s/`), "notifier $1 set "},
	{regexp.MustCompile(`PUT /api/v1/templates/[^\s.:]+`), "notifier template push FOLDER"},
	{regexp.MustCompile(`Set it with PUT /api/v1/deadlines/\S+`), "notifier deadline set sets one"},
	{regexp.MustCompile(`Send a valid key as Authorization: Bearer KEY`), "Name the file of a valid key with --key-file, or set " + settings.KeyVariable},
	{regexp.MustCompile(`and send that as Authorization: Bearer KEY`), "and give that with --key-file, or as " + settings.KeyVariable},
}

// inCommands says with commands what the API says with requests.
func inCommands(text string) string {
	for _, a := range advised {
		text = a.says.ReplaceAllString(text, a.here)
	}
	return text
}

// exitCode is that of the problem.
func (r *refusal) exitCode() int {
	switch r.Status {
	case http.StatusNotFound:
		return exitNotFound
	case http.StatusConflict, http.StatusPreconditionFailed, http.StatusForbidden:
		return exitRefused
	case http.StatusServiceUnavailable, http.StatusBadGateway, http.StatusGatewayTimeout, http.StatusTooManyRequests:
		return exitUnreachable
	case http.StatusInternalServerError:
		return exitFailed
	}
	switch r.Code {
	case "idempotency_key_reused", "key_expired", "key_revoked":
		return exitRefused
	}
	return exitUsage
}

// uncapitalized begins a sentence as the command line does.
func uncapitalized(text string) string {
	if len(text) < 2 || text[0] < 'A' || text[0] > 'Z' || text[1] >= 'A' && text[1] <= 'Z' {
		return text
	}
	return string(text[0]-'A'+'a') + text[1:]
}
