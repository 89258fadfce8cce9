-- +goose Up
-- What each attempt made of its message; empty for those before this migration.
ALTER TABLE attempts ADD COLUMN led_to text NOT NULL DEFAULT '';

-- What a person's retry wiped from a message (CQ-14).
CREATE TABLE retries (
	site           text COLLATE "C" NOT NULL,
	message_id     text COLLATE "C" NOT NULL,
	number         integer NOT NULL,
	retried_at     timestamptz NOT NULL,
	executed_at    timestamptz, -- when the message was last handed over
	served_at      timestamptz, -- when that was answered
	error_category text NOT NULL,
	error_code     text NOT NULL,
	error_text     text NOT NULL,
	PRIMARY KEY (site, message_id, number)
);

-- +goose Down
DROP TABLE retries;
ALTER TABLE attempts DROP COLUMN led_to;
