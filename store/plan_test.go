package store_test

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	_ "modernc.org/sqlite"

	"notifier/deadlines"
	"notifier/message"
	"notifier/request"
	"notifier/schedule"
	"notifier/series"
	"notifier/store"
	"notifier/store/storetest"
	"notifier/webhook"
)

// steps are what jobs ask the store at every tick, and the indexes by which it may look
// for an answer: those of what is due, and then keys of the rows found. None of them may
// go through a table, or through an index by the site alone.
var steps = []struct {
	name    string
	do      func(ctx context.Context, s *store.Store) error
	indexes string
}{
	{"NextDue", func(ctx context.Context, s *store.Store) error { return second(s.NextDue(ctx, site)) }, "queue_due"},
	{"Claim", func(ctx context.Context, s *store.Store) error {
		return second(s.Claim(ctx, message.Lane{Site: site}, 500, noon, eight))
	}, "messages_key queue_due queue_key windows_key"},
	{"DueLanes", func(ctx context.Context, s *store.Store) error { return second(s.DueLanes(ctx, noon)) }, "queue_due queue_key"},
	{"NextLeaving", func(ctx context.Context, s *store.Store) error { return second(s.NextLeaving(ctx, noon)) }, "queue_later"},
	{"NextExpiring", func(ctx context.Context, s *store.Store) error { return second(s.NextExpiring(ctx, noon)) }, "queue_expiring_next"},
	{"LapsedSites", func(ctx context.Context, s *store.Store) error { return second(s.LapsedSites(ctx, noon)) }, "queue_leases"},
	{"ExpiringSites", func(ctx context.Context, s *store.Store) error { return second(s.ExpiringSites(ctx, noon)) }, "queue_expiring"},
	{"WindowSites", func(ctx context.Context, s *store.Store) error { return second(s.WindowSites(ctx, noon)) }, "windows_due"},
	{"DeadlineSites", func(ctx context.Context, s *store.Store) error { return second(s.DeadlineSites(ctx, noon)) }, "deadlines_due"},
	{"PostedSites", func(ctx context.Context, s *store.Store) error { return second(s.PostedSites(ctx, noon)) }, "outbox_waiting"},
	{"OperatedSites", func(ctx context.Context, s *store.Store) error { return second(s.OperatedSites(ctx, noon)) }, "operations_running"},
	{"DueWebhooks", func(ctx context.Context, s *store.Store) error { return second(s.DueWebhooks(ctx, noon)) }, "callbacks_due"},
	{"WaitingSites", func(ctx context.Context, s *store.Store) error { return second(s.WaitingSites(ctx)) }, "queue_due queue_leases queue_for_people windows_due"},
	{"PurgeableSites", func(ctx context.Context, s *store.Store) error { return second(s.PurgeableSites(ctx)) }, "messages_key documents_by_age"},
	{"KeptSites", func(ctx context.Context, s *store.Store) error { return second(s.KeptSites(ctx)) }, "kept_mails_key"},
	{"OldKeys", func(ctx context.Context, s *store.Store) error { return second(s.OldKeys(ctx, noon)) }, "idempotency_keys_by_age"},
	{"OldChanges", func(ctx context.Context, s *store.Store) error { return second(s.OldChanges(ctx, noon)) }, "changes_key"},
	{"OldRefusals", func(ctx context.Context, s *store.Store) error { return second(s.OldRefusals(ctx, noon)) }, "refusals_key"},
	{"OldCallbacks", func(ctx context.Context, s *store.Store) error { return second(s.OldCallbacks(ctx, noon)) }, "callbacks_key"},
	{"Lanes", func(ctx context.Context, s *store.Store) error { return second(s.Lanes(ctx, site)) }, "queue_due"},
	{"Suppressed", func(ctx context.Context, s *store.Store) error {
		return second(s.Suppressed(ctx, site, []string{"anna@example.org"}))
	}, "suppressions_key"},
	{"ClaimCallbacks", func(ctx context.Context, s *store.Store) error {
		return second(s.ClaimCallbacks(ctx, site, "whk_1", 20, noon, eight))
	}, "callbacks_due callbacks_in_order callbacks_key"},
	{"FinishCallback", func(ctx context.Context, s *store.Store) error {
		return s.FinishCallback(ctx, webhook.Callback{Site: site, Endpoint: "whk_1", ID: "cbk_1", EndedAt: noon}, noon)
	}, "callbacks_due callbacks_in_order callbacks_key"},
	{"ForgetCallbacks", func(ctx context.Context, s *store.Store) error {
		return second(s.ForgetCallbacks(ctx, site, "whk_1", 1000, noon))
	}, "callbacks_key callbacks_in_order"}, // the second while there are none
	{"Webhooks", func(ctx context.Context, s *store.Store) error { return second(s.Webhooks(ctx, site)) }, "webhooks_key"},
	{"Attach", func(ctx context.Context, s *store.Store) error {
		m := direct(1)
		m.Attachments = []message.Attachment{{Hash: "x"}}
		return second(s.Attach(ctx, m))
	}, "blobs_key"},
	{"TakeOperation", func(ctx context.Context, s *store.Store) error {
		_, _, err := s.TakeOperation(ctx, site, noon, eight)
		return err
	}, "operations_running operations_key"},
	{"Progress", func(ctx context.Context, s *store.Store) error {
		return second(s.Progress(ctx, request.Operation{Site: site, ID: "op_1"}, noon))
	}, "operations_running operations_key"},
	{"Judged", func(ctx context.Context, s *store.Store) error {
		return second(s.Judged(ctx, request.Operation{ID: "op_1", Site: site, Action: request.ActRetry, Status: request.Done, Succeeded: 1}))
	}, "decisions_of_operations queue_key"},
	{"TakePosted", func(ctx context.Context, s *store.Store) error {
		return second(s.TakePosted(ctx, site, 100, noon, eight))
	}, "outbox_waiting outbox_key"},
	{"ForgetDocuments", func(ctx context.Context, s *store.Store) error {
		return second(s.ForgetDocuments(ctx, site, 1000, noon))
	}, "documents_by_age documents_key"},
	{"Purge", func(ctx context.Context, s *store.Store) error {
		_, _, err := s.Purge(ctx, site, store.PurgeFrom[1], 200, noon.Add(-time.Hour))
		return err
	}, "messages_key queue_key windows_key"},
	{"Series", func(ctx context.Context, s *store.Store) error {
		return second(s.Series(ctx, site, series.Query{Metric: series.Waits, Since: noon, Until: eight, Step: time.Minute}))
	}, "series_key"},
	{"ForgetSeries", func(ctx context.Context, s *store.Store) error { return second(s.ForgetSeries(ctx, noon)) }, "series_key series_batches_key"},
	{"AddSeries", func(ctx context.Context, s *store.Store) error {
		return s.AddSeries(ctx, series.Batch{Source: "a", N: 1, Counts: hits(site, "direct", noon, 1)})
	}, "series_batches_key series_key"},
	{"NoteLevels", func(ctx context.Context, s *store.Store) error {
		return s.NoteLevels(ctx, series.Depth(site, noon, map[message.Status]int{message.Pending: 1}))
	}, "series_key"},
	{"Sampled", func(ctx context.Context, s *store.Store) error { return second(s.Sampled(ctx, site, noon)) }, "series_key"},
	{"Pauses", func(ctx context.Context, s *store.Store) error { return second(s.Pauses(ctx, site)) }, "account_pauses_key"},
	{"Spend", func(ctx context.Context, s *store.Store) error {
		b := message.Budget{Site: site, Scope: message.PerAccount, Name: "default", Period: time.Minute, Max: 10}
		return second(s.Spend(ctx, noon, []message.Spend{{Budgets: []message.Budget{b}, N: []int{1}}}))
	}, "budgets_key"},
	{"ForgetBudgets", func(ctx context.Context, s *store.Store) error { return second(s.ForgetBudgets(ctx, 1000, noon)) }, "budgets_by_age budgets_key"},
	{"Lapsed", func(ctx context.Context, s *store.Store) error { return second(s.Lapsed(ctx, site, 500, noon)) }, "messages_key queue_leases windows_key"},
	{"Expire", func(ctx context.Context, s *store.Store) error { return second(s.Expire(ctx, site, 500, noon)) }, "messages_key queue_expiring windows_key"},
	{"Settle", func(ctx context.Context, s *store.Store) error {
		m := direct(1)
		m.Claim = 1
		return second(s.Settle(ctx, []message.Outcome{accepted(m)}))
	}, "queue_key attempts_key"},
	{"Extend", func(ctx context.Context, s *store.Store) error {
		return s.Extend(ctx, []message.Message{direct(1)}, noon)
	}, "queue_key"},
	{"NextWindow", func(ctx context.Context, s *store.Store) error { return second(s.NextWindow(ctx, site)) }, "windows_due"},
	{"Promote", func(ctx context.Context, s *store.Store) error {
		return second(s.Promote(ctx, site, eight, 500, closing))
	}, "messages_key queue_key queue_of_window users_key windows_due windows_key windows_open"},
	{"NextStep", func(ctx context.Context, s *store.Store) error { return second(s.NextStep(ctx, site)) }, "deadlines_due"},
	{"DueDeadlines", func(ctx context.Context, s *store.Store) error { return second(s.DueDeadlines(ctx, site, 200, noon)) }, "deadlines_due"},
	{"ForgetKeys", func(ctx context.Context, s *store.Store) error { return second(s.ForgetKeys(ctx, site, 1000, noon)) }, "idempotency_keys_by_age idempotency_keys_key"},
	{"ForgetRefusals", func(ctx context.Context, s *store.Store) error {
		return second(s.ForgetRefusals(ctx, site, 1000, noon))
	}, "refusals_key"},
	{"ForgetRuns", func(ctx context.Context, s *store.Store) error { return second(s.ForgetRuns(ctx, 1000, noon)) }, "runs_key runs_of_job"}, // the second while there are none
	{"Fire", func(ctx context.Context, s *store.Store) error {
		return second(s.Fire(ctx, schedule.Run{ID: string(message.NewID(message.RunIDs)), Job: "reminders", ScheduledAt: noon, StartedAt: noon}))
	}, ""},
	{"Versions", func(ctx context.Context, s *store.Store) error { return second(s.Versions(ctx)) }, "jobs_key"},
	{"LastFire", func(ctx context.Context, s *store.Store) error { return second(s.LastFire(ctx, "reminders", "")) }, "runs_unique"},
	{"LastRun", func(ctx context.Context, s *store.Store) error { return second(s.LastRun(ctx, "reminders")) }, "runs_of_job"},
}

func second[T any](_ T, err error) error { return err }

// PERFORMANCE: every job's query is index-only on what is due.
func TestJobsLookOnlyAtWhatIsDue(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		database string
		young    bool // what the planner knows is older than all claims
	}{{"sqlite", false}, {"postgres", false}, {"postgres", true}} {
		database := row.database
		t.Run(fmt.Sprintf("%s/young=%t", database, row.young), func(t *testing.T) {
			t.Parallel()
			url := storetest.URL(t, database)
			s, said := listening(t, url)
			queueUp(t, s)
			var explain func(string) []access
			if row.young {
				explain = explainer(t, database, url)
			}
			fill(t, s)
			if !row.young {
				explain = explainer(t, database, url)
			}
			for _, step := range steps {
				said()
				if err := step.do(t.Context(), s); err != nil {
					t.Fatalf("%s: %v", step.name, err)
				}
				statements := said()
				if len(statements) == 0 {
					t.Errorf("%s: no statement was seen", step.name)
				}
				allowed := strings.Fields(step.indexes)
				for _, statement := range statements {
					// O3: where a row lies says which it is only together with its part of the table, and its key is looked at again.
					if strings.Contains(statement, "ctid") && !(strings.Contains(statement, "tableoid = ") && strings.Contains(statement, "(queue.id || '') = ")) {
						t.Errorf("%s finds rows by where they lie:\n%s", step.name, statement)
					}
					for _, access := range explain(statement) {
						if !slices.Contains(append(allowed, small...), access.index) || access.whole {
							t.Errorf("%s looks by %q, whole: %t; want one of %s:\n%s\n%s", step.name, access.index, access.whole, allowed, access.line, statement)
						}
					}
				}
			}
		})
	}
}

// listening opens a store and tells which statements it has run since it was asked last.
func listening(t *testing.T, url string) (*store.Store, func() []string) {
	t.Helper()
	core, log := observer.New(zapcore.DebugLevel)
	s, err := store.Open(t.Context(), store.Settings{URL: url}, zap.New(core))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, func() (statements []string) {
		for _, entry := range log.TakeAll() {
			if statement, is := entry.ContextMap()["sql"].(string); is {
				statements = append(statements, statement)
			}
		}
		return statements
	}
}

// queueUp makes messages wait.
func queueUp(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	if err := s.AddSite(ctx, site, "UTC", noon); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		save(t, s, fmt.Sprintf("u%d", i))
	}
	var all []message.Message
	for i := range 500 {
		all = append(all, direct(i), deferred(i%20))
	}
	if _, err := s.Accept(ctx, noon, request.Tray{Site: site, Messages: all}); err != nil {
		t.Fatal(err)
	}
}

// fill makes the tables hold some of everything, as the planner likes to know.
func fill(t *testing.T, s *store.Store) {
	t.Helper()
	ctx := t.Context()
	claimed, err := s.Claim(ctx, message.Lane{Site: site}, 400, noon, noon.Add(time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	var outcomes []message.Outcome
	for _, m := range claimed[:300] {
		outcomes = append(outcomes, accepted(m))
	}
	if _, err := s.Settle(ctx, outcomes); err != nil {
		t.Fatal(err)
	}
	for i := range 20 {
		d := deadlines.Deadline{Key: fmt.Sprintf("C-%d", i), Users: []string{"u1"}, Terms: deadlines.Terms{DueAt: eight}, SetAt: noon, FiredAt: noon, NextAt: eight}
		if _, _, err := s.SaveDeadline(ctx, request.Call{Site: site, At: noon}, nil, d); err != nil {
			t.Fatal(err)
		}
	}
}

// access is how a plan gets at rows: by an index, or "" for a whole table.
type access struct {
	index string
	whole bool // the whole index, or all of a site in it
	line  string
}

// explainer asks the database how it would run a statement.
func explainer(t *testing.T, database, url string) func(statement string) []access {
	t.Helper()
	driver, address := "pgx", url
	if database == "sqlite" {
		driver, address = "sqlite", strings.TrimPrefix(url, "sqlite:")
	}
	db, err := sql.Open(driver, address)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { db.Close() })
	lines := func(statement string, arguments ...any) []string { return ask(t, db, statement, arguments...) }
	if database == "sqlite" {
		lines("ANALYZE")
		return func(statement string) []access {
			return ofSQLite(lines("EXPLAIN QUERY PLAN "+statement, make([]any, marks(statement))...))
		}
	}
	for _, set := range []string{"ANALYZE", "SET plan_cache_mode = force_generic_plan", "SET enable_seqscan = off", "SET jit = off"} {
		lines(set)
	}
	return func(statement string) []access {
		lines("PREPARE asked AS " + statement)
		defer lines("DEALLOCATE asked")
		arguments := ""
		if n := marks(statement); n > 0 {
			arguments = "(" + strings.TrimSuffix(strings.Repeat("NULL,", n), ",") + ")"
		}
		return ofPostgres(lines("EXPLAIN EXECUTE asked" + arguments))
	}
}

// marks is how many arguments a statement has: ?, ?2 or $2.
func marks(statement string) int {
	most := len(regexp.MustCompile(`\?(\D|$)`).FindAllString(statement, -1))
	for _, mark := range regexp.MustCompile(`[?$](\d+)`).FindAllStringSubmatch(statement, -1) {
		var n int
		fmt.Sscan(mark[1], &n)
		most = max(most, n)
	}
	return most
}

// ask runs a statement and reads the last column of each row.
func ask(t *testing.T, db *sql.DB, statement string, arguments ...any) (all []string) {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), statement, arguments...)
	if err != nil {
		t.Fatalf("%v:\n%s", err, statement)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var line string
		into := make([]any, len(columns))
		for i := range into {
			into[i] = new(any)
		}
		into[len(into)-1] = &line
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		all = append(all, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v:\n%s", err, statement)
	}
	return all
}

var (
	sqliteAccess   = regexp.MustCompile(`^(SCAN|SEARCH) (\S+)(?: USING (?:COVERING )?INDEX (\S+))?(.*)`)
	postgresAccess = regexp.MustCompile(`(Seq Scan on|Index Scan using|Index Only Scan using|Index Scan Backward using|Index Only Scan Backward using|Bitmap Index Scan on) (\w+)`)
)

// small tables have a row for each site, job, webhook, process, or account that fails.
var small = []string{"sites_key", "jobs_key", "account_pauses_key", "webhooks_key", "series_batches_key"}

// aliases are the names that tables go by in statements.
var aliases = map[string]string{"q": "queue", "w": "windows", "m": "messages", "u": "users", "s": "suppressions"}

// ofSQLite reads lines as "SEARCH q USING INDEX queue_due (site=? AND due_at<?)".
func ofSQLite(lines []string) (all []access) {
	sorted := slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, "TEMP B-TREE FOR ORDER BY") })
	// From the first of a key to the first of the next: both are looked up.
	jumps := slices.Contains(lines, "RECURSIVE STEP") && !sorted
	for _, line := range lines {
		found := sqliteAccess.FindStringSubmatch(line)
		if found == nil || strings.Contains(line, "VIRTUAL TABLE") || strings.Contains(line, "CONSTANT ROW") {
			continue
		}
		scans, table, index, condition := found[1] == "SCAN", cmp.Or(aliases[found[2]], found[2]), found[3], found[4]
		switch {
		case jumps && found[2] == "n": // the row whose key was found
			continue
		case jumps && (found[2] == "f" || found[2] == "one"): // what was found
			continue
		case jumps && scans:
			if index == "" || strings.HasPrefix(index, "sqlite_autoindex") {
				index = table + "_key"
			}
			all = append(all, access{index: index, line: line})
			continue
		case strings.Contains(line, "INTEGER PRIMARY KEY"): // where the row lies, which an index has told
			continue
		case scans && slices.ContainsFunc(lines, func(other string) bool { return other == "CO-ROUTINE "+found[2] || other == "MATERIALIZE "+found[2] }):
			continue // the rows of a subquery
		case strings.Contains(line, "USING PRIMARY KEY"), strings.HasSuffix(index, "_1"):
			index = table + "_key"
		case strings.HasSuffix(index, "_2"):
			index = table + "_unique"
		}
		bySite := strings.HasSuffix(condition, "(site=?)") && sorted
		all = append(all, access{index: index, whole: scans || bySite && !slices.Contains(small, index), line: line})
	}
	return all
}

// ofPostgres reads the lines of a plan; a condition stands below its index.
func ofPostgres(lines []string) (all []access) {
	// With a limit and without a sort, an index is only read as far as it is wanted.
	plan := strings.Join(lines, "\n")
	ordered := strings.Contains(plan, "Limit") && !strings.Contains(plan, "Sort")
	for i, line := range lines {
		found := postgresAccess.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		a := access{index: found[2], line: strings.Join(lines[i:min(i+2, len(lines))], "\n")}
		switch {
		case found[1] == "Seq Scan on":
			a.index = ""
		case strings.HasSuffix(a.index, "_pkey"):
			a.index = strings.TrimSuffix(a.index, "_pkey") + "_key"
		case strings.HasPrefix(a.index, "runs_site_job_slot"):
			a.index = "runs_unique"
		}
		condition := ""
		if i+1 < len(lines) {
			_, condition, _ = strings.Cut(lines[i+1], "Index Cond: ")
		}
		bySite := !strings.Contains(condition, " AND ") && !ordered
		if i > 0 && strings.Contains(lines[i-1], "Limit") && strings.HasPrefix(found[1], "Index") {
			all = append(all, a) // the first row of it, or the first behind another
			continue
		}
		a.whole = condition == "" || bySite && !slices.Contains(small, a.index)
		all = append(all, a)
	}
	return all
}
