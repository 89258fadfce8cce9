package series

import (
	"slices"
	"time"
)

// waits are where the buckets of waits end; the last has no end.
var waits = []time.Duration{
	100 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second, 2500 * time.Millisecond, 5 * time.Second, 10 * time.Second,
	30 * time.Second, time.Minute, 2 * time.Minute, 3 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute,
	time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour,
}

// waitBucket is where a wait belongs.
func waitBucket(wait time.Duration) int {
	i, _ := slices.BinarySearch(waits, wait)
	return i
}

// sizes are where the buckets of digests end, and what they are called.
var (
	sizes     = []int{1, 2, 5, 10, 25}
	sizeNames = []string{"1", "2", "3–5", "6–10", "11–25", "26+"}
)

// Sizes are what the buckets of digests are called.
func Sizes() []string { return slices.Clone(sizeNames) }

// sizeBucket is where a digest of n messages belongs.
func sizeBucket(n int) int {
	i, _ := slices.BinarySearch(sizes, n)
	return i
}

// Quantile is how long that part of the counted waits took at most, as near as the buckets
// tell: a bucket is taken to be filled evenly. It is false if none was counted.
func Quantile(buckets []int, part float64) (time.Duration, bool) {
	all := 0
	for _, n := range buckets {
		all += n
	}
	if all == 0 {
		return 0, false
	}
	rank := part * float64(all)
	below := 0.0
	for i, n := range buckets {
		if n == 0 || below+float64(n) < rank {
			below += float64(n)
			continue
		}
		if i >= len(waits) {
			break
		}
		from := time.Duration(0)
		if i > 0 {
			from = waits[i-1]
		}
		return from + time.Duration(float64(waits[i]-from)*(rank-below)/float64(n)), true
	}
	return waits[len(waits)-1], true
}

// Waited is how long half of all the counted waits of a kind took at most, and 95 of a
// hundred; of all kinds if it is empty.
func Waited(counts []Count, kind string) (half, nearly time.Duration, known bool) {
	buckets := make([]int, len(waits)+1)
	for _, c := range counts {
		if kind == "" || c.Label == kind {
			buckets[min(c.Bucket, len(waits))] += c.N
		}
	}
	half, known = Quantile(buckets, 0.5)
	nearly, _ = Quantile(buckets, 0.95)
	return half, nearly, known
}
