package fault

import (
	"testing"
	"time"
)

// L5: the bounds themselves are taken, what lies outside is not; what a database holds is shown.
func TestTimesInRange(t *testing.T) {
	t.Parallel()
	for text, taken := range map[string]bool{
		"1970-01-01T00:00:00Z": true, "2199-12-31T23:59:59.999999999Z": true, "2200-01-01T00:30:00+01:00": true,
		"1969-12-31T23:59:59Z": false, "2200-01-01T00:00:00Z": false, "0001-01-01T00:00:00Z": false, "9999-12-31T23:59:59-12:00": false,
	} {
		var into struct {
			At time.Time `json:"at"`
		}
		if err := Decode([]byte(`{"at":"`+text+`"}`), &into); (err == nil) != taken {
			t.Errorf("L5: %s: %v", text, err)
		}
	}
	for _, far := range []time.Time{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)} {
		if b, err := Clamp(far).MarshalJSON(); err != nil {
			t.Errorf("L5: %s is shown as %s, %v", far, b, err)
		}
	}
	if now := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC); !Clamp(now).Equal(now) || !Clamp(time.Time{}).IsZero() {
		t.Error("a usual time is changed")
	}
}
