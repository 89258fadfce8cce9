-- +goose Up
-- Which account a message goes out by, and what leaves first: 0 high, 1 normal, 2 low.
ALTER TABLE queue ADD COLUMN account text COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE queue ADD COLUMN priority smallint NOT NULL DEFAULT 1;
DROP INDEX queue_due;
CREATE INDEX queue_due ON queue (site, account, priority, due_at, id) WHERE status IN ('scheduled','pending','rate_limited');

-- An attempt that our own budget held back did not reach a relay, and is not counted.
ALTER TABLE attempts ADD COLUMN tried boolean NOT NULL DEFAULT true;

-- Accounts that could not be reached or logged in to, until they work again.
CREATE TABLE account_pauses (
	site         text COLLATE "C" NOT NULL,
	account      text COLLATE "C" NOT NULL,
	since        timestamptz NOT NULL,
	until        timestamptz NOT NULL,
	failures     integer NOT NULL,
	category     text NOT NULL,
	code         text NOT NULL,
	text         text NOT NULL,
	probed_until timestamptz, -- while a replica asks it again
	PRIMARY KEY (site, account)
);

-- What has been spent of each budget in its present window, by all replicas together.
CREATE TABLE budgets (
	site         text COLLATE "C" NOT NULL,
	scope        text COLLATE "C" NOT NULL, -- account, sender, domain or site
	name         text COLLATE "C" NOT NULL,
	period       integer NOT NULL, -- in seconds
	window_start timestamptz NOT NULL,
	used         integer NOT NULL,
	PRIMARY KEY (site, scope, name, period)
);
CREATE INDEX budgets_by_age ON budgets (window_start, site);

-- +goose Down
DROP TABLE budgets;
DROP TABLE account_pauses;
ALTER TABLE attempts DROP COLUMN tried;
DROP INDEX queue_due;
ALTER TABLE queue DROP COLUMN priority;
ALTER TABLE queue DROP COLUMN account;
CREATE INDEX queue_due ON queue (site, due_at, id) WHERE status IN ('scheduled','pending','rate_limited');
