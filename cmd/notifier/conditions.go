package main

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"notifier/health"
)

// watchHealth says what keeps the service from its work. Each check is a method below, which
// asks the database no more often than it must.
func (h *house) watchHealth() {
	h.health.Log(h.log)
	h.health.Add(30*time.Second, h.schemaFits)
}

// schemaFits tells of a database that a newer program has migrated: what this one writes may
// be read wrongly there.
func (h *house) schemaFits(ctx context.Context) ([]health.Condition, error) {
	has, knows, err := h.store.SchemaVersion(ctx)
	if err != nil || has <= knows {
		return nil, err
	}
	return []health.Condition{newerSchema(has, knows)}, nil
}

func newerSchema(has, knows int64) health.Condition {
	return health.Condition{
		Name: health.SchemaNewer, Value: strconv.FormatInt(has, 10), Blocks: true,
		Says: fmt.Sprintf("The schema of the database is at version %d, this program knows %d.", has, knows),
		Do:   "Install the newer program.",
	}
}
