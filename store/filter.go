package store

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"notifier/message"
	"notifier/store/sql"
)

// usual is how long a list is that nobody has limited.
const usual = 100

// Messages lists messages, newest first, digests after all others. It looks at as many as
// it takes; Find is for people who wait.
func (s *Store) Messages(ctx context.Context, site string, f message.Filter) ([]message.Message, error) {
	if f.Status != "" && !slices.Contains(message.Statuses(), f.Status) {
		return nil, nil // none can have it
	}
	q := s.filtered(site, f)
	if !f.Since.IsZero() || !f.Until.IsZero() || f.Event != "" {
		var either []string
		for _, prefix := range prefixes(f) {
			since, until := within(prefix, f)
			either = append(either, q.id+" >= ? AND "+q.id+" < ?")
			q.arguments = append(q.arguments, since, until)
		}
		q.where = append(q.where, "("+strings.Join(either, " OR ")+")")
	}
	ms, err := readMessages(s.db.Query(ctx, nil, selectMessages+q.from+" WHERE "+q.conditions()+" ORDER BY "+q.id+" DESC LIMIT ?",
		append(q.arguments, cmp.Or(f.Limit, usual))...))
	if err != nil {
		return nil, fmt.Errorf("list messages: %w", err)
	}
	return ms, nil
}

// filtering is a query for the messages that a filter takes.
type filtering struct {
	from      string
	where     []string
	arguments []any
	id        string // the column of its order
	begin     string // the table that it begins with
	waiting   string // without messages, where it begins with windows
	// start is the index to begin with, as a FROM and WHERE of its own.
	start          string
	startArguments []any
	// narrow tells that the index finds exactly what is wanted.
	narrow bool
}

func (q *filtering) add(condition string, arguments ...any) {
	q.where, q.arguments = append(q.where, condition), append(q.arguments, arguments...)
}

func (q *filtering) conditions() string { return strings.Join(q.where, " AND ") }

// filtered is the query of a filter. It begins where the filter is narrowest.
func (s *Store) filtered(site string, f message.Filter) *filtering {
	return s.filteredBy(site, f, true)
}

// filteredBy is filtered, where deferred messages are found by their windows or, where
// those are many, like all others.
func (s *Store) filteredBy(site string, f message.Filter, windows bool) *filtering {
	q := &filtering{narrow: true}
	begin, indexed := "m", ""
	switch {
	case f.ID != "":
		q.from, q.id = s.messagesOn(), "m.id"
	case f.User != "":
		q.from, q.id, indexed = s.messagesOn(), "m.id", "user_id"
	case f.Case != "":
		q.from, q.id, indexed = s.messagesOn(), "m.id", "case_id"
	case f.Reference != "":
		q.from, q.id, indexed = s.messagesOn(), "m.id", "reference"
	case f.Status == "":
		q.from, q.id = s.messagesOn(), "m.id"
	case f.Status == message.Deferred && windows:
		from := "windows w" + s.dialect.By("windows_due")
		q.from, q.waiting, begin, q.id = from+s.withWindows(), from+s.waitingIn(), "w", "q.id"
	default:
		q.from, begin, q.id = s.queueOn(), "q", "q.id"
	}
	q.begin = begin
	q.add(begin+".site = ?", site)
	value := map[string]string{"user_id": f.User, "case_id": f.Case, "reference": f.Reference}
	if indexed != "" {
		q.start, q.startArguments = fmt.Sprintf("messages WHERE site = ? AND %[1]s = ? AND %[1]s <> ''", indexed), []any{site, value[indexed]}
	} else {
		q.start, q.startArguments = "messages WHERE site = ?", []any{site}
	}
	for _, column := range []string{"user_id", "case_id", "reference"} {
		if value[column] != "" {
			q.add(fmt.Sprintf("m.%[1]s = ? AND m.%[1]s <> ''", column), value[column])
			q.narrow = q.narrow && column == indexed
		}
	}
	if f.ID != "" {
		q.add("m.id = ?", f.ID)
	}
	if f.Before != "" {
		q.add(q.id+" < ?", f.Before)
	}
	q.where = append(q.where, isStatus(f.Status)...)
	switch f.Status {
	case "":
	case message.Deferred:
		q.narrow = q.narrow && windows
	case message.Error, message.PendingManual:
		if indexed == "" {
			q.start = "queue WHERE site = ? AND status = '" + string(f.Status) + "'"
			break
		}
		q.narrow = false
	default:
		q.narrow = false
	}
	s.narrowed(q, f)
	return q
}

// narrowed adds the conditions that no index knows.
func (s *Store) narrowed(q *filtering, f message.Filter) {
	rest := len(q.where)
	for _, equal := range []struct{ column, value string }{
		{"m.type", string(f.Type)},
		{"m.kind", string(f.Kind)},
		{"m.event_id", string(f.Event)},
		{"q.error_category", string(f.Category)},
		{"q.account", f.Account},
	} {
		if equal.value != "" {
			q.add(equal.column+" = ?", equal.value)
		}
	}
	like := s.dialect.Like()
	if f.To != "" {
		// To fold letters takes long: lengths are compared first.
		q.add("(length(m.to_email) = ? AND m.to_email "+like+" ? ESCAPE '!' OR m.envelope <> '' AND m.envelope "+like+" ? ESCAPE '!')",
			utf8.RuneCountInString(f.To), literal(f.To), `%"`+literal(f.To)+`"%`)
	}
	if f.Code != "" {
		q.add("q.error_code "+like+" ? ESCAPE '!'", literal(f.Code)+"%")
	}
	if f.Tag != "" {
		name, value, valued := strings.Cut(f.Tag, "=")
		q.add("m.extra <> ''")
		if valued {
			q.add(s.dialect.tag()+" = ?", name, value)
		} else {
			q.add(s.dialect.tag()+" IS NOT NULL", name)
		}
	}
	if f.Operation != "" {
		q.add("EXISTS (SELECT 1 FROM decisions d WHERE d.site = m.site AND d.message_id = m.id AND d.actor = ?)", string(f.Operation))
	}
	if f.Text != "" {
		words := "%" + literal(f.Text) + "%"
		q.add(fmt.Sprintf("(m.subject %[1]s ? ESCAPE '!' OR m.summary %[1]s ? ESCAPE '!' OR m.case_title %[1]s ? ESCAPE '!' OR m.body_text %[1]s ? ESCAPE '!')", like), words, words, words, words)
	}
	q.narrow = q.narrow && len(q.where) == rest
}

// literal keeps LIKE from reading signs in a text.
func literal(text string) string {
	return strings.NewReplacer("!", "!!", "%", "!%", "_", "!_").Replace(text)
}

// isStatus are conditions that messages of that status meet; none for the empty status.
func isStatus(status message.Status) []string {
	switch status {
	case "":
		return nil
	case message.Deferred:
		return []string{"q.status = '" + string(message.Deferred) + "'", "w.closed_at IS NULL"}
	case message.Merged:
		return []string{"q.status = '" + string(message.Deferred) + "'", "w.digest_id <> ''"}
	}
	return []string{"q.status = '" + string(status) + "'"}
}

// lookedAt is how many messages a page of Find looks at, at most, of each sort of id.
const lookedAt = 10_000

// eventTime is how long after an event's id was made its messages have theirs, at most.
const eventTime = time.Minute

// Find lists a page of messages by time, the newest first. Whatever the filter, a page
// costs no more than looking at so many messages: what lies behind them is the next one.
func (s *Store) Find(ctx context.Context, site string, f message.Filter) (message.Found, error) {
	n := cmp.Or(f.Limit, usual)
	var all []message.Message
	var behind [16]byte // what was not looked at begins below
	for _, prefix := range prefixes(f) {
		found, rest, err := s.findOf(ctx, site, prefix, f, n+1)
		if err != nil {
			return message.Found{}, fmt.Errorf("find messages: %w", err)
		}
		all = append(all, found...)
		if slices.Compare(rest[:], behind[:]) > 0 {
			behind = rest
		}
	}
	slices.SortFunc(all, func(a, b message.Message) int { return compareBytes(b.ID.Bytes(), a.ID.Bytes()) })
	shown := slices.IndexFunc(all, func(m message.Message) bool { return compareBytes(m.ID.Bytes(), behind) < 0 })
	if shown >= 0 {
		all = all[:shown]
	}
	found := message.Found{Messages: all}
	switch {
	case len(all) > n:
		found.Messages = all[:n]
		found.Next = message.IDOf(message.MessageIDs, all[n-1].ID.Bytes())
	case behind != [16]byte{}:
		found.Next = message.IDOf(message.MessageIDs, behind)
	}
	return found, nil
}

func compareBytes(a, b [16]byte) int { return slices.Compare(a[:], b[:]) }

// prefixes are the sorts of id that messages which the filter takes can have.
func prefixes(f message.Filter) []string {
	if f.ID != "" {
		prefix, _, _ := strings.Cut(string(f.ID), "_")
		return []string{prefix}
	}
	switch f.Type {
	case message.Digest:
		return []string{message.DigestIDs}
	case "":
		if f.Event == "" && f.Kind == "" && f.Status != message.Deferred && f.Status != message.Merged {
			return []string{message.MessageIDs, message.DigestIDs}
		}
	}
	return []string{message.MessageIDs}
}

// findOf is Find among ids of one sort: at most n, and where what it did not look at begins.
func (s *Store) findOf(ctx context.Context, site, prefix string, f message.Filter, n int) (found []message.Message, behind [16]byte, err error) {
	before := f.Before
	f.Before = ""
	windows, err := s.byWindows(ctx, site, f)
	if err != nil {
		return nil, behind, err
	}
	q := s.filteredBy(site, f, windows)
	since, until := within(prefix, f)
	if before != "" {
		until = min(until, message.IDOf(prefix, before.Bytes()))
	}
	switch few, err := s.few(ctx, site, f); {
	case err != nil:
		return nil, behind, err
	case few:
		q.narrow, q.id = true, q.id+" || ''" // by the index of what waits, which has such a list
		if f.Status != message.Sending {
			q.add("q.status IN " + in(claimable))
		}
	}
	if !q.narrow && f.ID == "" {
		most := lookedAt
		if f.Text != "" { // to look into each of them takes long
			most = sampled
		}
		floor, err := s.floor(ctx, q, since, until, most)
		if err != nil {
			return nil, behind, err
		}
		if floor != "" {
			since, behind = floor, floor.Bytes()
		}
	}
	found, err = readMessages(s.db.Query(ctx, nil, selectMessages+q.from+" WHERE "+q.conditions()+" AND "+q.id+" >= ? AND "+q.id+" < ? ORDER BY "+q.id+" DESC LIMIT ?",
		append(q.arguments, since, until, n)...))
	if err == nil && len(found) == n {
		behind = found[n-1].ID.Bytes()
	}
	return found, behind, err
}

// fewWaiting is how many messages that wait are sorted for a page.
const fewWaiting = 2_000

// few tells whether the queue's own indexes find what the filter takes at once: what
// waits, or is being sent, and is not much.
func (s *Store) few(ctx context.Context, site string, f message.Filter) (bool, error) {
	if f.ID+f.Event != "" || f.User+f.Case+f.Reference != "" {
		return false, nil
	}
	statuses := claimable
	if f.Status == message.Sending {
		statuses = []message.Status{message.Sending}
	}
	if !slices.Contains(statuses, f.Status) {
		return false, nil
	}
	n, err := s.limited(ctx, fewWaiting, "queue WHERE site = ? AND status IN "+in(statuses), site)
	return n <= fewWaiting, err
}

// fewWindows is how many open windows are gone through for a page; it could be all of them.
const fewWindows = 500

// byWindows tells whether deferred messages are found soonest by the windows that they wait in.
func (s *Store) byWindows(ctx context.Context, site string, f message.Filter) (bool, error) {
	if f.Status != message.Deferred || f.ID != "" || f.User+f.Case+f.Reference != "" {
		return true, nil
	}
	n, err := s.limited(ctx, fewWindows, "windows WHERE site = ? AND closed_at IS NULL", site)
	return n <= fewWindows, err
}

// limited counts the rows of a FROM and WHERE, and stops when there are more than that.
func (s *Store) limited(ctx context.Context, most int, rows string, arguments ...any) (n int, err error) {
	return n, s.db.Row(ctx, nil, []any{&n}, "SELECT count(*) FROM (SELECT 1 AS one FROM "+rows+" LIMIT ?) AS few", append(arguments, most+1)...)
}

// within are the ids between which the filter's messages lie: the first, and the first
// that is too late.
func within(prefix string, f message.Filter) (since, until message.ID) {
	since, until = message.ID(prefix+"_"), message.ID(prefix+"`") // ` follows _
	if !f.Since.IsZero() {
		since = message.Earliest(prefix, f.Since)
	}
	if !f.Until.IsZero() {
		until = message.Earliest(prefix, f.Until)
	}
	if f.Event != "" {
		made := f.Event.Time()
		since, until = max(since, message.Earliest(prefix, made)), min(until, message.Earliest(prefix, made.Add(eventTime)))
	}
	return since, until
}

// floor is the id down to which the newest so many messages go; empty if that is all there is.
func (s *Store) floor(ctx context.Context, q *filtering, since, until message.ID, most int) (message.ID, error) {
	ids, err := sql.Texts(s.db.Query(ctx, nil, "SELECT id FROM "+q.start+" AND id >= ? AND id < ? ORDER BY id DESC LIMIT 1 OFFSET ?",
		append(slices.Clone(q.startArguments), since, until, most-1)...))
	if err != nil || len(ids) == 0 {
		return "", err
	}
	return message.ID(ids[0]), nil
}
