-- +goose Up
-- Requests that callers wrote inside transactions of their own, until they are taken in.
-- An application needs no more than the right to INSERT.
CREATE TABLE outbox (
	site       text COLLATE "C" NOT NULL REFERENCES sites (site), -- whoever writes for a site that is not there hears of it
	id         text COLLATE "C" NOT NULL,
	what       text NOT NULL, -- send_message or notify
	key        text NOT NULL, -- Idempotency-Key
	request    text NOT NULL, -- JSON
	written_at timestamptz NOT NULL,
	held_until timestamptz NOT NULL DEFAULT '1970-01-01Z', -- by the replica that takes it in
	tries      integer NOT NULL DEFAULT 0,
	error      text NOT NULL DEFAULT '',
	refused_at timestamptz, -- it is kept for a person to look at
	PRIMARY KEY (site, id)
);
CREATE INDEX outbox_waiting ON outbox (site, held_until, id) WHERE refused_at IS NULL;

-- Whoever commits wakes the service; nobody hears of what is rolled back.
-- +goose StatementBegin
CREATE FUNCTION outbox_written() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	PERFORM pg_notify('notifier_outbox', '');
	RETURN NULL;
END $$;
-- +goose StatementEnd
CREATE TRIGGER outbox_written AFTER INSERT ON outbox FOR EACH STATEMENT EXECUTE FUNCTION outbox_written();

-- +goose Down
DROP TABLE outbox;
DROP FUNCTION outbox_written;
