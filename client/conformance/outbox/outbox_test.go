package outbox_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"go.uber.org/zap"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"

	"notifier/client"
	"notifier/client/outbox"
	"notifier/deadlines"
	"notifier/intake"
	intakeof "notifier/jobs/outbox"
	"notifier/message"
	"notifier/preferences"
	"notifier/request"
	"notifier/store"
	"notifier/store/storetest"
)

func TestMain(m *testing.M) { storetest.Main(m) }

var ctx = context.Background()

const site = "default"

// house is a service and an application that share a database.
type house struct {
	*testing.T
	url   string
	store *store.Store
	desk  *intake.Desk
	take  *intakeof.Job
}

func open(t *testing.T) *house {
	t.Helper()
	h := &house{T: t, url: storetest.URL(t, "postgres")}
	h.store = storetest.Open(t, h.url)
	if err := h.store.AddSite(ctx, site, "UTC", time.Now()); err != nil {
		t.Fatal(err)
	}
	h.desk = intake.New(h.store, intake.Options{
		Catalog: preferences.DefaultCatalog(), Calendar: func(string) deadlines.Calendar { return deadlines.Calendar{} }, Domain: "example.org",
	})
	h.take = intakeof.New(h.store, h.desk, time.Minute, zap.NewNop())
	h.exec("CREATE TABLE orders (id text PRIMARY KEY)")
	return h
}

func (h *house) sql() *sql.DB {
	h.Helper()
	db, err := sql.Open("pgx", h.url)
	if err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { _ = db.Close() })
	return db
}

func (h *house) exec(statement string) {
	h.Helper()
	if _, err := h.sql().Exec(statement); err != nil {
		h.Fatal(err)
	}
}

// run takes in what is in the outbox at that time.
func (h *house) run(at time.Time) map[string]int {
	h.Helper()
	counts, err := h.take.Run(ctx, at)
	if err != nil {
		h.Fatal(err)
	}
	return counts
}

// messages counts the messages by their references.
func (h *house) messages() map[string]int {
	h.Helper()
	all, err := h.store.Messages(ctx, site, message.Filter{Limit: 10000})
	if err != nil {
		h.Fatal(err)
	}
	counts := map[string]int{}
	for _, m := range all {
		counts[m.Reference]++
	}
	return counts
}

func draft(reference string) client.Draft {
	return client.Draft{Reference: reference, To: []client.Recipient{client.ParseRecipient("anna@example.org")}, Subject: "Ordered", Text: "It is on its way."}
}

// asTaken is the draft as the service reads it.
func asTaken(t *testing.T, d client.Draft) (m message.Draft) {
	t.Helper()
	body, err := json.Marshal(d)
	if err == nil {
		err = json.Unmarshal(body, &m)
	}
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// ways are the transactions that callers have: each inserts an order, writes into the
// outbox, and commits or rolls back.
var ways = map[string]func(h *house, commit bool, write func(outbox.Tx) error) error{
	"database/sql": func(h *house, commit bool, write func(outbox.Tx) error) error {
		tx, err := h.sql().Begin()
		if err != nil {
			return err
		}
		if _, err := tx.Exec("INSERT INTO orders VALUES ('1')"); err != nil {
			return err
		}
		if err := write(outbox.SQL(tx)); err != nil || !commit {
			return errors.Join(err, tx.Rollback())
		}
		return tx.Commit()
	},
	"gorm":          viaGorm(&gorm.Config{}),
	"gorm prepared": viaGorm(&gorm.Config{PrepareStmt: true}),
	"pgx": func(h *house, commit bool, write func(outbox.Tx) error) error {
		conn, err := pgx.Connect(ctx, h.url)
		if err != nil {
			return err
		}
		defer conn.Close(ctx)
		tx, err := conn.Begin(ctx)
		if err != nil {
			return err
		}
		return viaPgx(tx, commit, write)
	},
	"pgxpool": func(h *house, commit bool, write func(outbox.Tx) error) error {
		pool, err := pgxpool.New(ctx, h.url)
		if err != nil {
			return err
		}
		defer pool.Close()
		tx, err := pool.Begin(ctx)
		if err != nil {
			return err
		}
		return viaPgx(tx, commit, write)
	},
}

func viaPgx(tx pgx.Tx, commit bool, write func(outbox.Tx) error) error {
	if _, err := tx.Exec(ctx, "INSERT INTO orders VALUES ('1')"); err != nil {
		return err
	}
	if err := write(outbox.Pgx(tx)); err != nil || !commit {
		return errors.Join(err, tx.Rollback(ctx))
	}
	return tx.Commit(ctx)
}

var errNo = errors.New("no")

func viaGorm(c *gorm.Config) func(h *house, commit bool, write func(outbox.Tx) error) error {
	return func(h *house, commit bool, write func(outbox.Tx) error) error {
		db, err := gorm.Open(postgres.Open(h.url), c)
		if err != nil {
			return err
		}
		pool, err := db.DB()
		if err != nil {
			return err
		}
		defer pool.Close()
		err = db.Transaction(func(tx *gorm.DB) error {
			if err := tx.Exec("INSERT INTO orders VALUES ('1')").Error; err != nil {
				return err
			}
			if err := write(outbox.SQL(tx.Statement.ConnPool)); err != nil {
				return err
			}
			if !commit {
				return errNo
			}
			return nil
		})
		if errors.Is(err, errNo) {
			return nil
		}
		return err
	}
}

// TestItLeavesWithTheTransaction: what is committed is sent once, what is rolled back never.
func TestItLeavesWithTheTransaction(t *testing.T) {
	t.Parallel()
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			write := func(tx outbox.Tx) error {
				return outbox.Box{}.SendMessage(ctx, tx, draft("order-1"), "order/1/mail")
			}
			if err := way(h, false, write); err != nil {
				t.Fatal(err)
			}
			if got := h.run(time.Now()); len(got) != 0 || len(h.messages()) != 0 {
				t.Errorf("after a rollback: %v, %v", got, h.messages())
			}
			if err := way(h, true, write); err != nil {
				t.Fatal(err)
			}
			if got := h.run(time.Now()); got["taken"] != 1 || h.messages()["order-1"] != 1 {
				t.Errorf("after a commit: %v, %v", got, h.messages())
			}
			if got := h.run(time.Now().Add(time.Hour)); len(got) != 0 || h.messages()["order-1"] != 1 {
				t.Errorf("an hour later: %v, %v", got, h.messages())
			}
		})
	}
}

// TestWhatIsNoTransactionIsRefused: a pool would send whatever becomes of the work.
func TestWhatIsNoTransactionIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	db, err := gorm.Open(postgres.Open(h.url), &gorm.Config{})
	if err != nil {
		t.Fatal(err)
	}
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	for name, tx := range map[string]outbox.Tx{"a pool": outbox.SQL(h.sql()), "gorm outside a transaction": outbox.SQL(db.Statement.ConnPool)} {
		if err := (outbox.Box{}).SendMessage(ctx, tx, draft("x"), ""); !errors.Is(err, outbox.ErrNoTransaction) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// inTx writes in a transaction that is committed.
func (h *house) inTx(write func(outbox.Tx) error) error {
	h.Helper()
	tx, err := h.sql().Begin()
	if err != nil {
		h.Fatal(err)
	}
	if err := write(outbox.SQL(tx)); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// TestWhatIsWrongIsTold: at once where the caller can hear it, and else in the outbox.
func TestWhatIsWrongIsTold(t *testing.T) {
	t.Parallel()
	h := open(t)
	var invalid *client.Invalid
	for name, write := range map[string]func(outbox.Tx) error{
		"no subject": func(tx outbox.Tx) error {
			return outbox.Box{}.SendMessage(ctx, tx, client.Draft{To: draft("").To, Text: "x"}, "")
		},
		"no users": func(tx outbox.Tx) error { return outbox.Box{}.Notify(ctx, tx, client.Event{Kind: "case_changed"}, "") },
		"another table": func(tx outbox.Tx) error {
			return outbox.Box{Table: "outbox; DROP TABLE outbox"}.SendMessage(ctx, tx, draft(""), "")
		},
		"no such site": func(tx outbox.Tx) error { return outbox.Box{Site: "nowhere"}.SendMessage(ctx, tx, draft(""), "") },
		"a key too long": func(tx outbox.Tx) error {
			return outbox.Box{}.SendMessage(ctx, tx, draft(""), strings.Repeat("k", 256))
		},
	} {
		err := h.inTx(write)
		if err == nil || strings.HasPrefix(name, "no ") && name != "no such site" && !errors.As(err, &invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	to := draft("unknown")
	to.To = []client.Recipient{{ID: "nina"}}
	if err := h.inTx(func(tx outbox.Tx) error { return outbox.Box{}.SendMessage(ctx, tx, to, "k") }); err != nil {
		t.Fatal(err)
	}
	if got := h.run(time.Now()); got["refused"] != 1 {
		t.Errorf("%v, want one refused", got)
	}
	kept, err := h.store.PostedOf(ctx, site, "", 10)
	if err != nil || len(kept) != 1 || kept[0].RefusedAt == nil || !strings.Contains(kept[0].Error, `"nina" is neither a user nor a group`) || kept[0].Key != "k" {
		t.Fatalf("the outbox holds %+v, %v", kept, err)
	}
	if got := h.run(time.Now().Add(time.Hour)); len(got) != 0 {
		t.Errorf("what was refused was taken up again by itself: %v", got)
	}
	if _, err := h.desk.SetUser(ctx, request.Call{Site: site, At: time.Now()}, preferences.User{ID: "nina", Email: "nina@example.org"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.store.RetryPosted(ctx, request.Call{Site: site, At: time.Now()}, nil, kept[0].ID); err != nil {
		t.Fatal(err)
	}
	if got := h.run(time.Now().Add(time.Second)); got["taken"] != 1 || h.messages()["unknown"] != 1 {
		t.Errorf("after the user was added: %v, %v", got, h.messages())
	}
}

// TestEventsAndKeys: an event is decided by preferences, and one key is one mail, whether it
// comes by the outbox or the API.
func TestEventsAndKeys(t *testing.T) {
	t.Parallel()
	h := open(t)
	call := request.Call{Site: site, At: time.Now().UTC().Truncate(time.Microsecond)}
	if _, err := h.desk.SetUser(ctx, call, preferences.User{ID: "anna", Email: "anna@example.org"}); err != nil {
		t.Fatal(err)
	}
	call.Key = "order/1/mail"
	if _, _, err := h.desk.SendMessage(ctx, call, asTaken(t, draft("by the API"))); err != nil {
		t.Fatal(err)
	}
	for _, write := range []func(outbox.Tx) error{
		func(tx outbox.Tx) error {
			return outbox.Box{}.SendMessage(ctx, tx, draft("by the API"), "order/1/mail")
		},
		func(tx outbox.Tx) error { return outbox.Box{}.SendMessage(ctx, tx, draft("another"), "order/1/mail") },
		func(tx outbox.Tx) error {
			return outbox.Box{Site: site, Table: "public.outbox"}.Notify(ctx, tx, client.Event{Kind: client.CaseChanged, Users: []string{"anna"}, Summary: client.Plain("Ordered"), Reference: "event"}, "order/1/event")
		},
	} {
		if err := h.inTx(write); err != nil {
			t.Fatal(err)
		}
	}
	counts := h.run(time.Now())
	if got := h.messages(); counts["taken"] != 2 || counts["refused"] != 1 || got["by the API"] != 1 || got["another"] != 0 || got["event"] != 1 {
		t.Errorf("%v became %v", counts, got)
	}
	kept, err := h.store.PostedOf(ctx, site, "", 10)
	if err != nil || len(kept) != 1 || !strings.Contains(kept[0].Error, "Idempotency-Key was used for another request") {
		t.Errorf("the outbox holds %+v, %v", kept, err)
	}
}

// dying is a desk in a process that dies before or after the store has what it was given.
type dying struct {
	*intake.Desk
	after bool
}

var errDied = fmt.Errorf("the process died: %w", message.ErrUnavailable)

func (d dying) SendMessage(ctx context.Context, c request.Call, m message.Draft) (request.Taken, bool, error) {
	if d.after {
		if _, _, err := d.Desk.SendMessage(ctx, c, m); err != nil {
			return request.Taken{}, false, err
		}
	}
	return request.Taken{}, false, errDied
}

// TestTakenInOnceWhoeverDies: killed before the request is stored it is taken up again when
// the lease is over, killed after it is gone.
func TestTakenInOnceWhoeverDies(t *testing.T) {
	t.Parallel()
	for _, after := range []bool{false, true} {
		t.Run(fmt.Sprintf("after=%t", after), func(t *testing.T) {
			t.Parallel()
			h := open(t)
			if err := h.inTx(func(tx outbox.Tx) error { return outbox.Box{}.SendMessage(ctx, tx, draft("order-1"), "") }); err != nil {
				t.Fatal(err)
			}
			if _, err := intakeof.New(h.store, dying{h.desk, after}, time.Minute, zap.NewNop()).Run(ctx, time.Now()); !errors.Is(err, errDied) {
				t.Fatalf("Run = %v", err)
			}
			if got := h.run(time.Now()); len(got) != 0 {
				t.Errorf("within the lease: %v", got)
			}
			h.run(time.Now().Add(2 * time.Minute))
			h.run(time.Now().Add(4 * time.Minute))
			if got := h.messages(); got["order-1"] != 1 {
				t.Errorf("%v, want one message", got)
			}
		})
	}
}

// TestManyReplicas take in each request once, also where leases are over at once.
func TestManyReplicas(t *testing.T) {
	t.Parallel()
	h := open(t)
	const n = 150
	db := h.sql()
	for i := range n {
		tx, err := db.Begin()
		if err != nil {
			t.Fatal(err)
		}
		if err := (outbox.Box{}).SendMessage(ctx, outbox.SQL(tx), draft(fmt.Sprint("order-", i)), ""); err != nil {
			t.Fatal(err)
		}
		if i%3 == 2 {
			err = tx.Rollback()
		} else {
			err = tx.Commit()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var replicas sync.WaitGroup
	for r := range 4 {
		replicas.Go(func() {
			for i := range 5 { // each believes that the others' leases are over
				if _, err := h.take.Run(ctx, time.Now().Add(time.Duration(r+4*i)*2*time.Minute)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	replicas.Wait()
	got := h.messages()
	if len(got) != n*2/3 {
		t.Errorf("%d messages, want %d", len(got), n*2/3)
	}
	for reference, times := range got {
		if times != 1 {
			t.Errorf("%s came %d times", reference, times)
		}
	}
	if left, err := h.store.PostedOf(ctx, site, "", 10); err != nil || len(left) != 0 {
		t.Errorf("%d are left, %v", len(left), err)
	}
}
