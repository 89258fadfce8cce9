-- +goose Up
-- Decisions about messages that neither the queue nor the attempts keep: who took them, and
-- by what. What the rows of a message say by themselves is not said here again.
CREATE TABLE decisions (
	site       text COLLATE "C" NOT NULL,
	message_id text COLLATE "C" NOT NULL,
	id         text COLLATE "C" NOT NULL,
	at         timestamptz NOT NULL,
	what       text NOT NULL,
	actor      text NOT NULL,
	details    text NOT NULL, -- JSON, empty if none
	PRIMARY KEY (site, message_id, id)
);

-- What callers set of people, deadlines and processes, in the order in which they did. What
-- they asked to send is in messages.
CREATE TABLE changes (
	site    text COLLATE "C" NOT NULL,
	id      text COLLATE "C" NOT NULL,
	subject text COLLATE "C" NOT NULL, -- as in user:anna
	at      timestamptz NOT NULL,
	what    text NOT NULL, -- as in journals
	actor   text NOT NULL,
	content text NOT NULL, -- JSON
	PRIMARY KEY (site, id)
);
CREATE INDEX changes_of_subject ON changes (site, subject, id);

CREATE INDEX deadlines_by_case ON deadlines (site, case_id, key) WHERE case_id <> '';

-- Requests that were refused, or answered as before, without their bodies.
CREATE TABLE refusals (
	site       text COLLATE "C" NOT NULL,
	id         text COLLATE "C" NOT NULL,
	at         timestamptz NOT NULL,
	request_id text NOT NULL,
	method     text NOT NULL,
	path       text NOT NULL,
	status     integer NOT NULL,
	code       text NOT NULL,
	detail     text NOT NULL,
	actor      text NOT NULL, -- the key's name, where it is known
	case_id    text COLLATE "C" NOT NULL, -- where it could be read
	users      text NOT NULL, -- JSON list of users and addresses, empty if none could be read
	first      text NOT NULL, -- what the same request made before
	PRIMARY KEY (site, id)
);
CREATE INDEX refusals_of_case ON refusals (site, case_id, id) WHERE case_id <> '';

-- +goose Down
DROP TABLE refusals;
DROP INDEX deadlines_by_case;
DROP TABLE changes;
DROP TABLE decisions;
