package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"notifier/message"
	"notifier/series"
	"notifier/store/sql"
)

// AddSeries adds a batch of counts to the rows of their steps, all or none, and once: a batch
// whose answer was lost may be added again. Any number of replicas may add to the same row.
func (s *Store) AddSeries(ctx context.Context, b series.Batch) error {
	if len(b.Counts) == 0 {
		return nil
	}
	latest := slices.MaxFunc(b.Counts, func(a, b series.Count) int { return a.At.Compare(b.At) }).At
	err := s.db.Commit(ctx, func(t *sql.Tx) error {
		first, err := s.db.Exec(ctx, t, "INSERT INTO series_batches (site, source, n, at) VALUES (?, ?, ?, ?) ON CONFLICT (site, source)"+
			" DO UPDATE SET n = excluded.n, at = excluded.at WHERE series_batches.n < excluded.n", "", b.Source, b.N, latest.Unix())
		if err != nil || first == 0 {
			return err
		}
		return s.addCounts(ctx, t, b.Counts)
	})
	if err != nil {
		return fmt.Errorf("add what was counted: %w", err)
	}
	return nil
}

// NoteLevels notes how things stand: of several levels in one step the highest stays, so that
// the same may be noted again.
func (s *Store) NoteLevels(ctx context.Context, levels []series.Count) error {
	err := s.db.Commit(ctx, func(t *sql.Tx) error { return s.addCounts(ctx, t, levels) })
	if err != nil {
		return fmt.Errorf("note how many messages wait: %w", err)
	}
	return nil
}

func (s *Store) addCounts(ctx context.Context, t *sql.Tx, counts []series.Count) error {
	for _, c := range counts {
		n := "series.n + excluded.n"
		if c.Metric.Level() {
			n = "CASE WHEN excluded.n > series.n THEN excluded.n ELSE series.n END"
		}
		_, err := s.db.Exec(ctx, t, "INSERT INTO series (site, step, metric, at, label, bucket, n) VALUES ("+marks(7)+")"+
			" ON CONFLICT (site, step, metric, at, label, bucket) DO UPDATE SET n = "+n,
			c.Site, int(c.Step/time.Second), string(c.Metric), c.At.Unix(), c.Label, c.Bucket, c.N)
		if err != nil {
			return err
		}
	}
	return nil
}

// Series lists what was counted, for each step of a complete query.
func (s *Store) Series(ctx context.Context, site string, q series.Query) ([]series.Count, error) {
	of, n := q.Rows(), "SUM(n)"
	if q.Metric.Level() {
		n = "MAX(n)"
	}
	step := int64(q.Step / time.Second)
	rows, err := s.db.Query(ctx, nil, fmt.Sprintf("SELECT at - at %% %d AS begins, label, bucket, CAST(%s AS bigint) FROM series"+
		" WHERE site = ? AND step = ? AND metric = ? AND at >= ? AND at < ? GROUP BY begins, label, bucket ORDER BY begins, label, bucket", step, n),
		site, int(of/time.Second), string(q.Metric), q.Since.Unix(), q.Until.Unix())
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (c series.Count, err error) {
		var begins int64
		err = scan(&begins, &c.Label, &c.Bucket, &c.N)
		c.Site, c.Metric, c.Step, c.At = site, q.Metric, q.Step, time.Unix(begins, 0).UTC()
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("read what was counted: %w", err)
	}
	return all, nil
}

// ForgetSeries deletes the rows of all sites that have been kept long enough.
func (s *Store) ForgetSeries(ctx context.Context, now time.Time) (forgotten int, err error) {
	type old struct {
		site, metric string
		step         int
		first        int64
	}
	rows, err := s.db.Query(ctx, nil, ofSeries.firsts(s.dialect), now.Unix())
	all, err := sql.Collect(rows, err, func(scan func(...any) error) (o old, err error) {
		return o, scan(&o.site, &o.step, &o.metric, &o.first)
	})
	for step, kept := range series.Kept() {
		until := now.Add(-kept - series.Hour).Unix()
		for _, o := range all {
			if err != nil || o.step != int(step/time.Second) || o.first >= until {
				continue
			}
			var n int
			n, err = s.db.Exec(ctx, nil, "DELETE FROM series WHERE site = ? AND step = ? AND metric = ? AND at < ?", o.site, o.step, o.metric, until)
			forgotten += n
		}
	}
	if err == nil { // a process that has counted nothing for so long hands nothing on again
		_, err = s.db.Exec(ctx, nil, "DELETE FROM series_batches WHERE site = ? AND at < ?", "", now.Add(-series.KeepHours).Unix())
	}
	if err != nil {
		return forgotten, fmt.Errorf("forget what was counted: %w", err)
	}
	return forgotten, nil
}

// Sampled tells whether somebody has noted how many messages wait in that minute.
func (s *Store) Sampled(ctx context.Context, site string, minute time.Time) (bool, error) {
	n := 0
	err := s.db.Row(ctx, nil, []any{&n}, "SELECT count(*) FROM series WHERE site = ? AND step = ? AND metric = ? AND at = ? AND label = ? AND bucket = 0",
		site, int(series.Minute/time.Second), string(series.Queue), minute.Unix(), string(message.Pending))
	if err != nil {
		return false, fmt.Errorf("look whether the queue was measured: %w", err)
	}
	return n > 0, nil
}

// Depth is how many messages of a site wait, by status. Where very many do, they are
// reckoned from the first of them.
func (s *Store) Depth(ctx context.Context, site string) (map[message.Status]int, error) {
	depth, err := s.depth(ctx, site)
	if err != nil {
		return nil, fmt.Errorf("count what waits: %w", err)
	}
	return depth, nil
}

func (s *Store) depth(ctx context.Context, site string) (map[message.Status]int, error) {
	depth := map[message.Status]int{}
	const these = "SELECT status FROM queue WHERE site = ? AND status IN "
	rows, err := s.db.Query(ctx, nil, fmt.Sprintf("SELECT status, count(*) FROM (%s%s LIMIT %d) AS few GROUP BY status", these, in(claimable), lookedAt), site)
	looked := 0
	_, err = sql.Collect(rows, err, func(scan func(...any) error) (n int, err error) {
		var status string
		err = scan(&status, &n)
		depth[message.Status(status)] = n
		looked += n
		return n, err
	})
	if err != nil {
		return nil, err
	}
	if looked == lookedAt {
		all := 0
		if err := s.db.Row(ctx, nil, []any{&all}, "SELECT count(*) FROM queue WHERE site = ? AND status IN "+in(claimable), site); err != nil {
			return nil, err
		}
		for _, status := range claimable {
			depth[status] = int(float64(depth[status]) * float64(all) / float64(looked))
		}
	}
	for _, status := range []message.Status{message.Sending, message.Error, message.PendingManual} { // each is an index of its own
		n := 0
		if err := s.db.Row(ctx, nil, []any{&n}, fmt.Sprintf("SELECT count(*) FROM queue WHERE site = ? AND status = '%s'", status), site); err != nil {
			return nil, err
		}
		if n > 0 {
			depth[status] = n
		}
	}
	deferred, err := s.Count(ctx, site, message.Filter{Status: message.Deferred}, true)
	if deferred.N > 0 {
		depth[message.Deferred] = deferred.N
	}
	return depth, err
}
