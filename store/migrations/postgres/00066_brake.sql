-- +goose Up
-- The account that a bounce came by.
ALTER TABLE suppressions ADD COLUMN account text NOT NULL DEFAULT '';

-- Why an account is left alone: quota, account, brake; empty: it was not reached. And the
-- message by which it failed, which is not the one to ask it again with.
ALTER TABLE account_pauses ADD COLUMN kind text NOT NULL DEFAULT '';
ALTER TABLE account_pauses ADD COLUMN message_site text NOT NULL DEFAULT '';
ALTER TABLE account_pauses ADD COLUMN message_id text NOT NULL DEFAULT '';

-- What servers said of recipients or of an account within the last minute: refusals only.
CREATE TABLE account_refusals (
	site         text COLLATE "C" NOT NULL,
	account      text COLLATE "C" NOT NULL,
	said         text COLLATE "C" NOT NULL, -- unknown or account
	message_site text COLLATE "C" NOT NULL,
	message_id   text COLLATE "C" NOT NULL,
	address      text COLLATE "C" NOT NULL,
	domain       text COLLATE "C" NOT NULL,
	at           timestamptz NOT NULL,
	PRIMARY KEY (site, account, said, message_site, message_id, address)
);

-- How many addresses a replica had an answer about within a minute: what a refusal is weighed against.
CREATE TABLE account_answers (
	site    text COLLATE "C" NOT NULL,
	account text COLLATE "C" NOT NULL,
	replica text COLLATE "C" NOT NULL,
	answers integer NOT NULL,
	at      timestamptz NOT NULL,
	PRIMARY KEY (site, account, replica)
);

-- +goose Down
DROP TABLE account_answers;
DROP TABLE account_refusals;
ALTER TABLE account_pauses DROP COLUMN message_id;
ALTER TABLE account_pauses DROP COLUMN message_site;
ALTER TABLE account_pauses DROP COLUMN kind;
ALTER TABLE suppressions DROP COLUMN account;
