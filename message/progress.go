package message

import "context"

// progressKey finds who watches a run in its context.
type progressKey struct{}

// Watched is a context of a run whose progress is watched: beat is called with each thing
// that was written or heard in it. It is the one value that a context of ours carries: a
// statement or a reply belongs to a run, and nothing but the context says to which.
func Watched(ctx context.Context, beat func()) context.Context {
	return context.WithValue(ctx, progressKey{}, beat)
}

// Heard tells whoever watches the run that it goes on.
func Heard(ctx context.Context) {
	if beat, watched := ctx.Value(progressKey{}).(func()); watched {
		beat()
	}
}
