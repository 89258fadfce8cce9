-- +goose Up
-- The first claim of a message, if it handed all of it over: JSON. Other attempts have rows
-- of their own in attempts.
ALTER TABLE queue ADD COLUMN receipt text NOT NULL DEFAULT '';

-- +goose Down
INSERT INTO attempts (site, message_id, claim, started_at, ended_at, replica, account, server, uncertain,
	accepted, rejected, pending, code, response, category, error_code, error_text, led_to, tried)
SELECT site, id, 1, to_timestamp((receipt::jsonb ->> 'started')::bigint / 1e6), to_timestamp((receipt::jsonb ->> 'ended')::bigint / 1e6),
	COALESCE(receipt::jsonb ->> 'replica', ''), COALESCE(receipt::jsonb ->> 'account', ''), COALESCE(receipt::jsonb ->> 'server', ''), false,
	COALESCE(receipt::jsonb ->> 'accepted', ''), '', '', COALESCE((receipt::jsonb ->> 'code')::integer, 0), COALESCE(receipt::jsonb ->> 'response', ''), '', '', '', 'sent', true
FROM queue WHERE receipt <> '';
ALTER TABLE queue DROP COLUMN receipt;
