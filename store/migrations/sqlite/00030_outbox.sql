-- +goose Up
-- Requests that callers wrote inside transactions of their own, until they are taken in.
CREATE TABLE outbox (
	site       text NOT NULL REFERENCES sites (site),
	id         text NOT NULL,
	what       text NOT NULL, -- send_message or notify
	key        text NOT NULL, -- Idempotency-Key
	request    text NOT NULL, -- JSON
	written_at timestamp NOT NULL,
	held_until timestamp NOT NULL DEFAULT 0, -- by the replica that takes it in
	tries      integer NOT NULL DEFAULT 0,
	error      text NOT NULL DEFAULT '',
	refused_at timestamp, -- it is kept for a person to look at
	PRIMARY KEY (site, id)
);
CREATE INDEX outbox_waiting ON outbox (site, held_until, id) WHERE refused_at IS NULL;

-- +goose Down
DROP TABLE outbox;
