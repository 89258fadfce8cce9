package service

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"notifier/mail/mailtest"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/series"
	"notifier/settings"
	"notifier/store"
	"notifier/store/storetest"
)

// races is how often two processes do the same work at once.
const races = 50

// asReplica is the program of one of the two: for each instant that it reads it does, at once,
// all that every replica does by itself, and then answers with what it counted.
func asReplica() {
	c, err := settings.Load("", os.Environ())
	if err == nil {
		err = race(c, os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func race(c settings.Config, from io.Reader, to io.Writer) error {
	ctx := context.Background()
	h, err := Open(ctx, c, zap.NewNop())
	if err != nil {
		return err
	}
	answers := json.NewEncoder(to)
	for lines := bufio.NewScanner(from); err == nil && lines.Scan(); {
		var at time.Time
		if at, err = time.Parse(time.RFC3339, lines.Text()); err != nil {
			break
		}
		var counts map[string]int
		if counts, err = h.everyReplicas(ctx, at); err == nil {
			err = answers.Encode(counts)
		}
	}
	return errors.Join(err, h.Close())
}

// everyReplicas is the work that every replica does by itself.
func (h *Service) everyReplicas(ctx context.Context, at time.Time) (map[string]int, error) {
	var mu sync.Mutex
	all, failed := map[string]int{}, error(nil)
	var works sync.WaitGroup
	for name, work := range map[string]func(context.Context, time.Time) (map[string]int, error){
		"housekeeping": h.retention.Run, "sweeping": h.flush.Sweep, "series": h.measure, "operations": h.operate.Run, "outbox": h.outbox.Run,
		"notifications": h.flush.Run, "timers": h.timers,
		// A turn saves work, and is not what makes it safe.
		"purge": func(ctx context.Context, at time.Time) (map[string]int, error) {
			return nil, h.retention.Purge(ctx, "default", at)
		},
		"erase": func(ctx context.Context, at time.Time) (map[string]int, error) { return nil, h.eraseLeaver(ctx, at) },
	} {
		works.Go(func() {
			counts, err := work(ctx, at)
			mu.Lock()
			defer mu.Unlock()
			for what, n := range counts {
				all[name+" "+what] += n
			}
			if err != nil {
				failed = errors.Join(failed, fmt.Errorf("%s: %w", name, err))
			}
		})
	}
	works.Wait()
	return all, failed
}

// eraseLeaver erases the person of the round, whom the other replica erases as well.
func (h *Service) eraseLeaver(ctx context.Context, at time.Time) error {
	for {
		_, err := h.desk.EraseUser(ctx, request.Call{Site: "default", At: at}, leaver(at))
		if err == nil || errors.Is(err, message.ErrNotFound) {
			return nil
		}
		if !errors.Is(err, message.ErrBusy) && !errors.Is(err, message.ErrMoved) {
			return err
		}
	}
}

func leaver(at time.Time) string { return fmt.Sprint("leaver-", at.Unix()) }

// twin is one of the two processes.
type twin struct {
	process *exec.Cmd
	in      io.WriteCloser
	out     *json.Decoder
	errors  strings.Builder
}

func startReplica(t *testing.T, url string, relay *mailtest.Relay) *twin {
	t.Helper()
	host, port, _ := strings.Cut(relay.Addr(), ":")
	r := &twin{process: exec.Command("notifier-replica")}
	r.process.Env = append(os.Environ(), "NOTIFIER_DATABASE__URL="+url, "NOTIFIER_RETENTION__DAYS=30", "NOTIFIER_SMTP__HOST="+host,
		"NOTIFIER_SMTP__PORT="+port, "NOTIFIER_SMTP__TLS=none", "NOTIFIER_SMTP__FROM=Workflow <workflow@example.org>")
	r.process.Stderr = &r.errors
	in, err := r.process.StdinPipe()
	out, unread := r.process.StdoutPipe()
	if err := errors.Join(err, unread, r.process.Start()); err != nil {
		t.Fatal(err)
	}
	r.in, r.out = in, json.NewDecoder(out)
	t.Cleanup(func() {
		_ = in.Close() // it ends then
		if err := r.process.Wait(); err != nil {
			t.Errorf("a replica ended with %v: %s", err, r.errors.String())
		}
	})
	return r
}

// raced lets both do their work at that time, at once, and adds up what they counted.
func raced(t *testing.T, two []*twin, at time.Time, sums map[string]int) {
	t.Helper()
	for _, r := range two {
		fmt.Fprintln(r.in, at.Format(time.RFC3339))
	}
	for _, r := range two {
		var counts map[string]int
		if err := r.out.Decode(&counts); err != nil {
			t.Fatalf("a replica gave no answer: %v: %s", err, r.errors.String())
		}
		for what, n := range counts {
			sums[what] += n
		}
	}
}

// round is what there is to do for the two.
type round struct {
	lapsed, kept []message.Message
	cancels      message.ID
}

// prepare makes, in each round: 8 messages that are too old, with attachments that others
// have, too; 2 of a person who is to be erased; 3 whose lease is over and 2 of them for good;
// 2 that were not sent in time; 3 to be sent and 1 in the outbox; 4 to be cancelled.
func prepare(t *testing.T, s *store.Store, at time.Time, n int) round {
	t.Helper()
	day := 24 * time.Hour
	of := func(made, due time.Time, status message.Status, shared int) message.Message {
		m := message.Message{
			ID: idAt(made), Site: "default", Type: message.Direct, Domain: "example.org", Subject: "x", Text: "A text.", Status: status, Reason: message.BySender,
			Envelope: message.Envelope{To: []message.Address{{Email: "guest@example.net"}}}, CreatedAt: made, UpdatedAt: made, QueuedAt: made, DueAt: due,
		}
		if shared >= 0 {
			m.Attachments = []message.Attachment{message.File{Filename: "a.txt", Content: fmt.Append(nil, "shared ", shared%3)}.Attachment()}
		}
		return m
	}
	accept := func(key *request.Key, at time.Time, ms ...message.Message) {
		if _, err := s.Accept(t.Context(), at, request.Tray{Site: "default", Key: key, Messages: ms}); err != nil {
			t.Fatal(err)
		}
	}
	var r round
	for i := range 3 {
		r.lapsed = append(r.lapsed, of(at.Add(-3*time.Hour), at.Add(-3*time.Hour), message.Pending, i))
	}
	lost := []message.Message{of(at.Add(-5*day), at.Add(-3*time.Hour), message.Pending, 0), of(at.Add(-5*day), at.Add(-3*time.Hour), message.Pending, -1)}
	accept(nil, at, append(slices.Clone(r.lapsed), lost...)...)
	if ms, err := s.Claim(t.Context(), message.Lane{Site: "default"}, 10, at.Add(-2*time.Hour), at.Add(-time.Hour)); err != nil || len(ms) != 5 {
		t.Fatal(len(ms), err)
	}
	var old []message.Message
	for i := range 8 {
		old = append(old, of(at.Add(-100*day), time.Time{}, message.Skipped, i))
	}
	accept(&request.Key{Key: fmt.Sprint("old ", n), Hash: "h", Answer: []byte("{}")}, at.Add(-8*day), old...)
	mine := []message.Message{of(at, at.AddDate(1, 0, 0), message.Scheduled, n), of(at.Add(-day), time.Time{}, message.Skipped, n+1)}
	for i := range mine {
		mine[i].UserID, mine[i].To = leaver(at), []message.Address{{Email: leaver(at) + "@example.net"}}
	}
	call := request.Call{Site: "default", At: at}
	person := preferences.User{ID: leaver(at), Email: leaver(at) + "@example.net"}
	if err := s.SaveUser(t.Context(), call, person, func(m message.Message) message.Message { return m }); err != nil {
		t.Fatal(err)
	}
	r.kept = []message.Message{of(at, at.AddDate(1, 0, 0), message.Scheduled, n)}
	late := []message.Message{of(at, at.AddDate(1, 0, 0), message.Scheduled, n), of(at, at.AddDate(1, 0, 0), message.Scheduled, -1)}
	for i := range late {
		late[i].ExpiresAt = at.Add(-time.Minute)
	}
	cancelled := []message.Message{}
	op := request.Operation{ID: message.NewID(message.OperationIDs), Site: "default", Action: request.ActCancel, Status: request.Running, CreatedAt: at, UpdatedAt: at}
	for range 4 {
		m := of(at, at.AddDate(1, 0, 0), message.Scheduled, n)
		cancelled, op.IDs = append(cancelled, m), append(op.IDs, m.ID)
	}
	op.Total, r.cancels = len(op.IDs), op.ID
	fresh := []message.Message{of(at, at, message.Pending, n), of(at, at, message.Pending, n+1), of(at, at, message.Pending, -1)}
	accept(nil, at, slices.Concat(mine, r.kept, late, cancelled, fresh)...)
	if _, _, err := s.AddOperation(t.Context(), nil, op); err != nil {
		t.Fatal(err)
	}
	storetest.Post(t, s, request.Posted{
		ID: message.NewID(request.PostedIDs), Site: "default", What: "send_message", Key: fmt.Sprint("posted ", n), WrittenAt: at,
		Request: []byte(`{"to":["guest@example.net"],"subject":"Posted","text":"x"}`),
	})
	return r
}

// idAt is an id that was made at that time.
func idAt(at time.Time) message.ID {
	b, other := message.Earliest(message.MessageIDs, at).Bytes(), message.NewID(message.MessageIDs).Bytes()
	copy(b[8:], other[8:])
	return message.IDOf(message.MessageIDs, b)
}

// L1: two processes on one Postgres purge, erase, sweep, forget, count, take from the outbox,
// work on what was asked for and send, all at once, fifty times. Each thing is done once, what
// waits keeps its attachments, and the sums are exact.
func TestTwoProcessesDoTheSameWork(t *testing.T) {
	url := storetest.URL(t, "postgres")
	s := storetest.Open(t, url)
	begins := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	if err := s.AddSite(t.Context(), "default", "UTC", begins); err != nil {
		t.Fatal(err)
	}
	mails := newMailCount()
	relay, err := mailtest.Start(mailtest.Options{OnMail: mails.note})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = relay.Close() })
	two := []*twin{startReplica(t, url, relay), startReplica(t, url, relay)}
	sums := map[string]int{}
	var all []round
	at := begins
	for n := range races {
		at = at.Add(61 * time.Minute) // it is everybody's turn again
		all = append(all, prepare(t, s, at, n))
		raced(t, two, at, sums)
		if wrong, err := s.WrongUses(t.Context()); err != nil || len(wrong) > 0 {
			t.Fatalf("round %d: uses of attachments %+v, %v", n, wrong, err)
		}
	}
	for range 3 { // what somebody else had in hand just then
		at = at.Add(61 * time.Minute)
		raced(t, two, at, sums)
	}
	const sent = races * (3 + 3 + 1)
	if got := mails.count(t); got != sent {
		t.Errorf("the relay has %d mails, want %d", got, sent)
	}
	for what, want := range map[string]int{
		"sweeping lapse": 3 * races, "sweeping lose": 2 * races, "sweeping expire": 2 * races, "operations cancel": 4 * races,
		"outbox taken": races, "notifications accept": sent,
	} {
		if sums[what] != want {
			t.Errorf("%s: %d in all, want %d; all: %v", what, sums[what], want, sums)
		}
	}
	exactSums(t, s, begins, at.Add(time.Hour), map[series.Metric]int{series.Sent: sent, series.Waits: sent, series.Errors: 2 * races})
	eachOnce(t, s, all)
}

// exactSums looks at what was counted, in hours.
func exactSums(t *testing.T, s *store.Store, since, until time.Time, want map[series.Metric]int) {
	t.Helper()
	for metric, n := range want {
		counts, err := s.Series(t.Context(), "default", series.Query{Metric: metric, Since: since, Until: until, Step: time.Hour})
		sum := 0
		for _, c := range counts {
			sum += c.N
		}
		if err != nil || sum != n {
			t.Errorf("statistics of %s: %d, %v; want %d", metric, sum, err, n)
		}
	}
}

// eachOnce looks at what became of the messages.
func eachOnce(t *testing.T, s *store.Store, all []round) {
	t.Helper()
	for n, r := range all {
		for _, m := range r.lapsed {
			tries, err := s.Attempts(t.Context(), m)
			if err != nil || len(tries) != 2 || !tries[0].Uncertain || tries[1].Uncertain {
				t.Errorf("round %d: a message whose lease was over has attempts %+v, %v; want one that is uncertain, and one that went well", n, tries, err)
			}
		}
		for _, m := range r.kept {
			m, err := s.Attach(t.Context(), m)
			if want := fmt.Sprint("shared ", n%3); err != nil || string(m.Attachments[0].Content) != want {
				t.Errorf("round %d: a message that waits has lost its attachment %q: %v", n, want, err)
			}
		}
		if op, err := s.Operation(t.Context(), "default", r.cancels); err != nil || op.Status != request.Done || op.Succeeded != 4 || op.Refused != 0 {
			t.Errorf("round %d: the operation is %+v, %v", n, op, err)
		}
	}
	found, err := s.Messages(t.Context(), "default", message.Filter{Limit: 10000})
	if err != nil {
		t.Fatal(err)
	}
	left := map[message.Status]int{}
	for _, m := range found {
		left[m.Status]++
		if strings.Contains(fmt.Sprint(m.Envelope), "leaver") {
			t.Errorf("%s of an erased person still names the person: %+v", m.ID, m.Envelope)
		}
	}
	// Of each round: 8 purged; one of the erased person withdrawn, the other skipped before.
	want := map[message.Status]int{
		message.Sent: 7 * len(all), message.Error: 2 * len(all), message.Expired: 2 * len(all), message.Cancelled: 5 * len(all),
		message.Skipped: len(all), message.Scheduled: len(all),
	}
	if fmt.Sprint(left) != fmt.Sprint(want) {
		t.Errorf("there are %v, want %v", left, want)
	}
	if keys, err := s.OldKeys(t.Context(), all[0].lapsed[0].CreatedAt); err != nil || len(keys) > 0 {
		t.Errorf("old Idempotency-Keys are left on %v, %v", keys, err)
	}
}

// mailCount is what the relay got.
type mailCount struct {
	mu  sync.Mutex
	got map[string]int
}

func newMailCount() *mailCount { return &mailCount{got: map[string]int{}} }

func (a *mailCount) note(m mailtest.Mail) {
	_, rest, _ := strings.Cut(string(m.Data), "Message-ID: ")
	id, _, _ := strings.Cut(rest, "\r\n")
	a.mu.Lock()
	defer a.mu.Unlock()
	a.got[id]++
}

func (a *mailCount) count(t *testing.T) int {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, n := range a.got {
		if n != 1 {
			t.Errorf("%s came %d times", id, n)
		}
	}
	return len(a.got)
}
