package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jordan-wright/email"
	"github.com/knadh/smtppool/v2"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
	gormpostgres "gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// peer is this program as another system, in a process of its own:
// bench peer river|naive|promote DATABASE PORT MESSAGES.
func peer(arguments []string) error {
	if len(arguments) != 4 {
		return errors.New("this is started by bench itself")
	}
	port, err := strconv.Atoi(arguments[2])
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(arguments[3])
	if err != nil {
		return err
	}
	switch arguments[0] {
	case "river":
		return riverFlush(context.Background(), arguments[1], port, n)
	case "promote":
		return promote(context.Background(), arguments[1], n)
	case "naive":
		return naiveFlush(arguments[1], port)
	}
	return fmt.Errorf("there is no peer %q", arguments[0])
}

// mailJob is a mail as a job of River.
type mailJob struct {
	To      string `json:"to"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// Kind names the job.
func (mailJob) Kind() string { return "mail" }

type mailWorker struct {
	river.WorkerDefaults[mailJob]
	pool *smtppool.Pool
	left atomic.Int64
	done chan struct{} // closed when nothing is left
}

// Work sends one mail.
func (w *mailWorker) Work(_ context.Context, job *river.Job[mailJob]) error {
	err := w.pool.Send(smtppool.Email{From: "workflow@example.org", To: []string{job.Args.To}, Subject: job.Args.Subject, Text: []byte(job.Args.Text)})
	if err == nil && w.left.Add(-1) == 0 {
		close(w.done)
	}
	return err
}

// riverClient is River on a database, with its schema.
func riverClient(pool *pgxpool.Pool, config *river.Config) (*river.Client[pgx.Tx], error) {
	config.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError}))
	return river.NewClient(riverpgxv5.New(pool), config)
}

func riverSchema(ctx context.Context, pool *pgxpool.Pool) error {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), nil)
	if err != nil {
		return err
	}
	_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func riverFlush(ctx context.Context, database string, port, n int) error {
	pool, err := pgxpool.New(ctx, database+"?pool_max_conns=20")
	if err != nil {
		return err
	}
	defer pool.Close()
	o := smtppool.Opt{Host: "127.0.0.1", Port: port, MaxConns: 32, IdleTimeout: 10 * time.Second, PoolWaitTimeout: 30 * time.Second, SSL: smtppool.SSLNone}
	if os.Getenv("BENCH_STARTTLS") != "" {
		o.SSL, o.TLSConfig = smtppool.SSLSTARTTLS, &tls.Config{InsecureSkipVerify: true} // the certificate is our own
	}
	smtp, err := smtppool.New(o)
	if err != nil {
		return err
	}
	workers := river.NewWorkers()
	w := &mailWorker{pool: smtp, done: make(chan struct{})}
	w.left.Store(int64(n))
	river.AddWorker(workers, w)
	c, err := riverClient(pool, &river.Config{
		Queues: map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: 500}}, Workers: workers, FetchCooldown: time.Millisecond,
	})
	if err != nil {
		return err
	}
	if err := c.Start(ctx); err != nil {
		return err
	}
	<-w.done
	return c.Stop(ctx) // which waits until the last states are written
}

// naiveMail is a mail as a library in a table would have it.
type naiveMail struct {
	ID                uint
	To, Subject, Text string
	Status            string `gorm:"index"`
	SentAt            *time.Time
}

func naiveOpen(database string) (*gorm.DB, error) {
	return gorm.Open(gormpostgres.Open(database), &gorm.Config{Logger: logger.Discard})
}

// naiveFlush is eight workers, a connection and a save for each mail.
func naiveFlush(database string, port int) error {
	db, err := naiveOpen(database)
	if err != nil {
		return err
	}
	var mails []naiveMail
	if err := db.Where("status = ?", "pending").Find(&mails).Error; err != nil {
		return err
	}
	work := make(chan naiveMail)
	var all sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		all.Go(func() {
			for m := range work {
				e := email.Email{From: "workflow@example.org", To: []string{m.To}, Subject: m.Subject, Text: []byte(m.Text)}
				err := e.Send(fmt.Sprintf("127.0.0.1:%d", port), nil)
				now := time.Now()
				m.Status, m.SentAt = "sent", &now
				errs[i] = errors.Join(errs[i], err, db.Save(&m).Error)
			}
		})
	}
	for _, m := range mails {
		work <- m
	}
	close(work)
	all.Wait()
	return errors.Join(errs...)
}
