package series

import (
	"cmp"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"notifier/message"
)

// Counter counts in memory until somebody hands the counts on. The nil Counter counts
// nothing. It is safe for concurrent use.
type Counter struct {
	mu     sync.Mutex
	counts map[key]int

	handing sync.Mutex // one batch is handed on at a time
	batch   Batch      // the last one; its counts are kept until they are known to have arrived
}

// Batch is what is handed on at once. Whoever takes batches remembers the last N of each
// source: the same one may come again, if nobody knows whether it arrived.
type Batch struct {
	Source string // the Counter, by a random name
	N      int64  // grows with each batch of the source
	Counts []Count
}

// key is what one number counts, in one minute.
type key struct {
	site   string
	metric Metric
	label  string
	bucket int
	minute int64
}

// most is how many numbers are kept while they cannot be handed on: those of some days.
const most = 50_000

// Settled counts what became of a message whose claim has ended.
func (c *Counter) Settled(m message.Message, o message.Outcome) {
	switch o.Move {
	case message.Accept:
		label := Label(m)
		c.add(key{site: m.Site, metric: Sent, label: label}, o.At, 1)
		c.add(key{site: m.Site, metric: Waits, label: label, bucket: waitBucket(o.At.Sub(due(m)))}, o.At, 1)
	case message.Fail, message.Lose:
		category := message.Unknown
		if o.Error != nil {
			category = o.Error.Category
		}
		c.add(key{site: m.Site, metric: Errors, label: string(category)}, o.At, 1)
	}
}

// Closed counts a mail of UserNotifications that was made of n messages.
func (c *Counter) Closed(site string, n int, at time.Time) {
	c.add(key{site: site, metric: Digests, bucket: sizeBucket(n)}, at, 1)
}

// Label is what a message is counted as: the kind of its event, digest, deadline or direct.
func Label(m message.Message) string {
	if m.Type == message.Single {
		return string(m.Kind)
	}
	return string(m.Type)
}

// due is when a message could have left first, or could again after somebody asked for it.
func due(m message.Message) time.Time {
	if m.RetriedAt.After(m.QueuedAt) {
		return m.RetriedAt
	}
	return m.QueuedAt
}

func (c *Counter) add(k key, at time.Time, n int) {
	if c == nil {
		return
	}
	k.minute = at.Unix() / 60
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[key]int{}
	}
	if _, known := c.counts[k]; known || len(c.counts) < most {
		c.counts[k] += n
	}
}

// Hand gives away what has been counted since. A batch that could not be handed on is given
// again unchanged, before what was counted after it: it may have arrived nevertheless.
func (c *Counter) Hand(take func(Batch) error) error {
	if c == nil {
		return nil
	}
	c.handing.Lock()
	defer c.handing.Unlock()
	for {
		if len(c.batch.Counts) > 0 {
			if err := take(c.batch); err != nil {
				return err
			}
			c.batch.Counts = nil
		}
		c.mu.Lock()
		counted := c.counts
		c.counts = nil
		c.mu.Unlock()
		if len(counted) == 0 {
			return nil
		}
		if c.batch.Source == "" {
			c.batch.Source = rand.Text()
		}
		c.batch.N++
		c.batch.Counts = rows(counted)
	}
}

// rows are the counts of the minutes, and of the longer steps that they are part of.
func rows(counted map[key]int) []Count {
	all := make([]Count, 0, 3*len(counted))
	for step := range Kept() {
		minutes := int64(step / time.Minute)
		sums := map[key]int{}
		for k, n := range counted {
			k.minute -= k.minute % minutes
			sums[k] += n
		}
		for k, n := range sums {
			all = append(all, k.count(step, n))
		}
	}
	return Sorted(all)
}

func (k key) count(step time.Duration, n int) Count {
	return Count{Site: k.site, Metric: k.metric, Step: step, At: time.Unix(k.minute*60, 0).UTC(), Label: k.label, Bucket: k.bucket, N: n}
}

// Sorted puts counts into the one order in which all replicas write them, so that none
// waits for another that waits for it.
func Sorted(all []Count) []Count {
	slices.SortFunc(all, func(a, b Count) int {
		return cmp.Or(cmp.Compare(a.Site, b.Site), cmp.Compare(a.Step, b.Step), cmp.Compare(a.Metric, b.Metric), a.At.Compare(b.At),
			cmp.Compare(a.Label, b.Label), cmp.Compare(a.Bucket, b.Bucket))
	})
	return all
}

// Depth are the counts of a queue that stands so at that time, by status. Pending is told
// also where it is 0: it tells that somebody looked.
func Depth(site string, at time.Time, waiting map[message.Status]int) []Count {
	var all []Count
	for _, status := range message.Statuses() {
		n := waiting[status]
		if n == 0 && status != message.Pending {
			continue
		}
		for step := range Kept() {
			all = append(all, Count{Site: site, Metric: Queue, Step: step, At: at.UTC().Truncate(step), Label: string(status), N: n})
		}
	}
	return Sorted(all)
}
