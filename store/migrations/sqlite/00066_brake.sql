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
	site         text NOT NULL,
	account      text NOT NULL,
	said         text NOT NULL, -- unknown or account
	message_site text NOT NULL,
	message_id   text NOT NULL,
	address      text NOT NULL,
	domain       text NOT NULL,
	at           timestamp NOT NULL,
	PRIMARY KEY (site, account, said, message_site, message_id, address)
) WITHOUT ROWID;

-- How many addresses a replica had an answer about within a minute: what a refusal is weighed against.
CREATE TABLE account_answers (
	site    text NOT NULL,
	account text NOT NULL,
	replica text NOT NULL,
	answers integer NOT NULL,
	at      timestamp NOT NULL,
	PRIMARY KEY (site, account, replica)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE account_answers;
DROP TABLE account_refusals;
ALTER TABLE account_pauses DROP COLUMN message_id;
ALTER TABLE account_pauses DROP COLUMN message_site;
ALTER TABLE account_pauses DROP COLUMN kind;
ALTER TABLE suppressions DROP COLUMN account;
