-- +goose Up
-- Who is told of what becomes of messages.
CREATE TABLE webhooks (
	site          text COLLATE "C" NOT NULL,
	id            text COLLATE "C" NOT NULL,
	url           text NOT NULL,
	events        text NOT NULL, -- JSON list, empty for all
	naming        text NOT NULL,
	note          text NOT NULL,
	secrets       text NOT NULL, -- JSON list, the newest first; sealed, if there is a key
	rotated_at    timestamptz,
	failing_since timestamptz,
	disabled_at   timestamptz,
	disabled_for  text NOT NULL,
	created_at    timestamptz NOT NULL,
	updated_at    timestamptz NOT NULL,
	PRIMARY KEY (site, id)
);

-- What a webhook is to be told, written together with what it tells of.
CREATE TABLE callbacks (
	site           text COLLATE "C" NOT NULL,
	id             text COLLATE "C" NOT NULL,
	webhook_id     text COLLATE "C" NOT NULL,
	message_id     text COLLATE "C" NOT NULL,
	sequence       integer NOT NULL, -- of the message, for this webhook
	at             timestamptz NOT NULL,
	status         text NOT NULL,
	reason         text NOT NULL,
	attempts       integer NOT NULL,
	retry_count    integer NOT NULL,
	error_category text NOT NULL,
	error_code     text NOT NULL,
	error_text     text NOT NULL,
	due_at         timestamptz, -- NULL when it is over; while a replica calls, when its lease is over
	tries          integer NOT NULL,
	ended_at       timestamptz,
	code           integer NOT NULL, -- of the last call
	answer         text NOT NULL,
	PRIMARY KEY (site, webhook_id, id)
);
CREATE UNIQUE INDEX callbacks_in_order ON callbacks (site, message_id, webhook_id, sequence);
CREATE INDEX callbacks_due ON callbacks (site, webhook_id, due_at, id) WHERE due_at IS NOT NULL;

-- +goose Down
DROP TABLE callbacks;
DROP TABLE webhooks;
