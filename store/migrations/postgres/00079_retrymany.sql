-- +goose Up
-- How many messages a retry of many left alone, by reason, as JSON; empty for none. And
-- whether it was asked for every category of errors.
ALTER TABLE operations ADD COLUMN why_left text NOT NULL DEFAULT '';
ALTER TABLE operations ADD COLUMN every_category boolean NOT NULL DEFAULT false;

-- Until when suppressions count for nothing: a person asked for this message alone.
ALTER TABLE queue ADD COLUMN lifted_at timestamptz;
UPDATE queue SET lifted_at = retried_at WHERE retry_count > 0 AND status IN ('pending','rate_limited');
UPDATE queue SET lifted_at = retried_at WHERE retry_count > 0 AND status = 'sending';
UPDATE queue SET lifted_at = retried_at WHERE retry_count > 0 AND status = 'pending_manual';

-- +goose Down
ALTER TABLE queue DROP COLUMN lifted_at;
ALTER TABLE operations DROP COLUMN every_category;
ALTER TABLE operations DROP COLUMN why_left;
