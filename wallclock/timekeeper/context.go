package timekeeper

import (
	"context"
	"time"
)

// keptIn is where the context of a request has its Keeper.
type keptIn struct{}

// With has whoever works with the context go by the Keeper's time.
func With(ctx context.Context, k *Keeper) context.Context {
	return context.WithValue(ctx, keptIn{}, k)
}

// Now is the time as it is kept, UTC to the microsecond: that of the context's Keeper, or of the
// wall clock if it has none.
func Now(ctx context.Context) time.Time {
	at := time.Now
	if k, kept := ctx.Value(keptIn{}).(*Keeper); kept {
		at = k.Now
	}
	return at().UTC().Truncate(time.Microsecond)
}
