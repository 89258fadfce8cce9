-- +goose Up
-- What waits for a time, and not for its turn, on all sites: whoever sleeps asks when to wake.
-- A message that leaves at once never stands in the first of them.
CREATE INDEX queue_later ON queue (due_at) WHERE status IN ('scheduled','pending','rate_limited') AND (queued_at IS NULL OR due_at > queued_at);
CREATE INDEX queue_expiring_next ON queue (expires_at)
	WHERE expires_at IS NOT NULL AND status IN ('scheduled','deferred','pending_manual','pending','rate_limited','sending');

-- +goose Down
DROP INDEX queue_expiring_next;
DROP INDEX queue_later;
