-- +goose Up
CREATE TABLE sites (
	site       text PRIMARY KEY,
	timezone   text NOT NULL,
	created_at timestamp NOT NULL
);

CREATE TABLE users (
	site        text NOT NULL,
	id          text NOT NULL,
	email       text NOT NULL,
	name        text NOT NULL,
	phone       text NOT NULL,
	timezone    text NOT NULL, -- empty: the site's
	language    text NOT NULL,
	preferences text NOT NULL, -- JSON; a kind that is absent has its default
	version     integer NOT NULL,
	updated_at  timestamp NOT NULL,
	PRIMARY KEY (site, id)
);

CREATE TABLE user_groups (
	site       text NOT NULL,
	id         text NOT NULL,
	users      text NOT NULL, -- JSON list of user ids
	updated_at timestamp NOT NULL,
	PRIMARY KEY (site, id)
);

-- What a message says. Written once; an address may be mended while it waits.
CREATE TABLE messages (
	site        text NOT NULL,
	id          text NOT NULL,
	type        text NOT NULL,
	kind        text NOT NULL,
	event_id    text NOT NULL,
	reference   text NOT NULL,
	user_id     text NOT NULL,
	to_email    text NOT NULL,
	to_name     text NOT NULL,
	envelope    text NOT NULL, -- JSON, where there are more addresses than one of to
	timezone    text NOT NULL,
	language    text NOT NULL,
	case_id     text NOT NULL,
	case_title  text NOT NULL,
	case_url    text NOT NULL,
	case_stage  text NOT NULL,
	case_owner  text NOT NULL,
	actor       text NOT NULL,
	summary     text NOT NULL,
	subject     text NOT NULL,
	body_text   text NOT NULL,
	body_html   text NOT NULL,
	domain      text NOT NULL,
	setting     text NOT NULL,
	manual      boolean NOT NULL,
	occurred_at timestamp,
	created_at  timestamp NOT NULL,
	PRIMARY KEY (site, id)
);
CREATE INDEX messages_of_reference ON messages (site, reference, id) WHERE reference <> '';
CREATE INDEX messages_of_user ON messages (site, user_id, id) WHERE user_id <> '';
CREATE INDEX messages_of_case ON messages (site, case_id, id) WHERE case_id <> '';

-- One row per (user, instant) that deferred messages wait for. Closing a window decides
-- for all messages in it at once: those still deferred are merged into digest_id.
CREATE TABLE windows (
	site      text NOT NULL,
	id        text NOT NULL,
	user_id   text NOT NULL,
	due_at    timestamp NOT NULL,
	closed_at timestamp,
	digest_id text NOT NULL DEFAULT '',
	PRIMARY KEY (site, id)
) WITHOUT ROWID;
CREATE UNIQUE INDEX windows_open ON windows (site, user_id, due_at) WHERE closed_at IS NULL;
CREATE INDEX windows_due ON windows (site, due_at, user_id) WHERE closed_at IS NULL;
CREATE INDEX windows_of_digest ON windows (site, digest_id) WHERE digest_id <> '';

-- How a message stands: small, because it is written at each step.
CREATE TABLE queue (
	site           text NOT NULL,
	id             text NOT NULL,
	status         text NOT NULL,
	reason         text NOT NULL,
	due_at         timestamp, -- when the queue must look at it: to send it or, while it is sent, because its lease is over
	window_id      text,
	queued_at      timestamp,
	changed_at     timestamp NOT NULL,
	claimed_at     timestamp,
	retried_at     timestamp,
	expires_at     timestamp,
	claim          integer NOT NULL,
	attempts       integer NOT NULL,
	tries          integer NOT NULL,
	retry_count    integer NOT NULL,
	reached        boolean NOT NULL,
	rejected       text NOT NULL, -- JSON list, empty if none
	remaining      text NOT NULL, -- JSON list, empty if none
	error_category text NOT NULL,
	error_code     text NOT NULL,
	error_text     text NOT NULL,
	PRIMARY KEY (site, id)
) WITHOUT ROWID;
-- A message that waits stands in one of the first two; the lists of statuses are those of message.From.
CREATE INDEX queue_due ON queue (site, due_at, id) WHERE status IN ('scheduled','pending','rate_limited');
CREATE INDEX queue_leases ON queue (site, due_at, id) WHERE status = 'sending';
CREATE INDEX queue_of_window ON queue (site, window_id) WHERE window_id IS NOT NULL;
CREATE INDEX queue_for_people ON queue (site, status, id) WHERE status IN ('error','pending_manual');
CREATE INDEX queue_expiring ON queue (site, expires_at, id)
	WHERE expires_at IS NOT NULL AND status IN ('scheduled','deferred','pending_manual','pending','rate_limited','sending');

CREATE TABLE attempts (
	site       text NOT NULL,
	message_id text NOT NULL,
	claim      integer NOT NULL,
	started_at timestamp NOT NULL,
	ended_at   timestamp NOT NULL,
	replica    text NOT NULL,
	account    text NOT NULL,
	server     text NOT NULL,
	uncertain  boolean NOT NULL,
	accepted   text NOT NULL, -- JSON list, empty if none
	rejected   text NOT NULL,
	pending    text NOT NULL,
	code       integer NOT NULL,
	response   text NOT NULL,
	category   text NOT NULL, -- empty on success
	error_code text NOT NULL,
	error_text text NOT NULL,
	PRIMARY KEY (site, message_id, claim)
) WITHOUT ROWID;

CREATE TABLE deadlines (
	site          text NOT NULL,
	key           text NOT NULL,
	case_id       text NOT NULL,
	deadline      text NOT NULL, -- JSON
	due_at        timestamp NOT NULL,
	set_at        timestamp NOT NULL,
	fired_at      timestamp NOT NULL, -- steps up to here have been told, or lay in the past when it was set
	next_at       timestamp,          -- the next step; NULL when there is none, or it was cleared
	cleared_at    timestamp,
	sequence      integer NOT NULL,
	PRIMARY KEY (site, key)
);
CREATE INDEX deadlines_due ON deadlines (site, next_at, key) WHERE next_at IS NOT NULL;
CREATE INDEX deadlines_of_case ON deadlines (site, case_id, key) WHERE cleared_at IS NULL;

CREATE TABLE idempotency_keys (
	site       text NOT NULL,
	key        text NOT NULL,
	hash       text NOT NULL,
	answer     text NOT NULL,
	created_at timestamp NOT NULL,
	PRIMARY KEY (site, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (site, created_at);

-- What admins set for the jobs. It wins over config.yaml; what is empty is as there.
CREATE TABLE jobs (
	site       text NOT NULL,
	name       text NOT NULL,
	every      text NOT NULL,
	cron       text NOT NULL,
	timezone   text NOT NULL,
	wake       boolean,  -- NULL: as config.yaml says
	paused     boolean NOT NULL,
	note       text NOT NULL,
	planned    text NOT NULL, -- the schedule of config.yaml when the service last started
	changed_at timestamp NOT NULL, -- ticks before it are not made up
	changed_by text NOT NULL,
	version    integer NOT NULL,
	holder     text NOT NULL,        -- the replica that runs it now
	held_until timestamp,
	PRIMARY KEY (site, name)
);

-- One row per fire of a job; the unique key decides which replica has it.
CREATE TABLE runs (
	site         text NOT NULL,
	id           text NOT NULL,
	job          text NOT NULL,
	slot         text NOT NULL, -- the replica, where each runs the job for itself
	scheduled_at timestamp NOT NULL,
	trigger      text NOT NULL,
	replica      text NOT NULL,
	started_at   timestamp NOT NULL,
	ended_at     timestamp,
	counts       text NOT NULL,
	error        text NOT NULL,
	PRIMARY KEY (site, id),
	UNIQUE (site, job, slot, scheduled_at)
);
CREATE INDEX runs_of_job ON runs (site, job, id);

-- +goose Down
DROP TABLE runs;
DROP TABLE jobs;
DROP TABLE idempotency_keys;
DROP TABLE deadlines;
DROP TABLE attempts;
DROP TABLE queue;
DROP TABLE windows;
DROP TABLE messages;
DROP TABLE user_groups;
DROP TABLE users;
DROP TABLE sites;
