-- +goose Up
-- The first claim of a message, if it handed all of it over: JSON. Other attempts have rows
-- of their own in attempts.
ALTER TABLE queue ADD COLUMN receipt TEXT NOT NULL DEFAULT '';

-- +goose Down
INSERT INTO attempts (site, message_id, claim, started_at, ended_at, replica, account, server, uncertain,
	accepted, rejected, pending, code, response, category, error_code, error_text, led_to, tried)
SELECT site, id, 1, receipt ->> 'started', receipt ->> 'ended',
	COALESCE(receipt ->> 'replica', ''), COALESCE(receipt ->> 'account', ''), COALESCE(receipt ->> 'server', ''), 0,
	COALESCE(receipt ->> 'accepted', ''), '', '', COALESCE(receipt ->> 'code', 0), COALESCE(receipt ->> 'response', ''), '', '', '', 'sent', 1
FROM queue WHERE receipt <> '';
ALTER TABLE queue DROP COLUMN receipt;
