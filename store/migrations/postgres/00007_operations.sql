-- +goose Up
-- Work on many messages, with its progress.
CREATE TABLE operations (
	site       text COLLATE "C" NOT NULL,
	id         text COLLATE "C" NOT NULL,
	action     text NOT NULL,
	filter     text NOT NULL, -- JSON
	ids        text NOT NULL, -- JSON list, empty if none
	status     text NOT NULL,
	total      integer NOT NULL,
	done       integer NOT NULL,
	succeeded  integer NOT NULL,
	refused    integer NOT NULL,
	next       text NOT NULL, -- the last message that was looked at
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	ended_at   timestamptz,
	held_until timestamptz NOT NULL, -- by the replica that works on it
	PRIMARY KEY (site, id)
);
CREATE INDEX operations_running ON operations (site, held_until, id) WHERE status = 'running';

-- Processes in which nobody is told of some kinds of event.
CREATE TABLE mutes (
	site       text COLLATE "C" NOT NULL,
	process    text COLLATE "C" NOT NULL,
	kinds      text NOT NULL, -- JSON list
	updated_at timestamptz NOT NULL,
	PRIMARY KEY (site, process)
);

-- +goose Down
DROP TABLE mutes;
DROP TABLE operations;
