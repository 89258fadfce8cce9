-- +goose Up
-- Documents of Trigger Email, as their owners wrote them, and the mails that they led to.
CREATE TABLE documents (
	site       text COLLATE "C" NOT NULL,
	collection text COLLATE "C" NOT NULL,
	id         text COLLATE "C" NOT NULL,
	fields     text NOT NULL, -- JSON, without delivery
	message_id text NOT NULL, -- the mail that it led to last; empty if none yet
	sends      integer NOT NULL, -- how many mails it was to lead to
	said       text NOT NULL, -- hash of that mail
	rest       text NOT NULL, -- and of what an edit of it cannot change
	earlier    integer NOT NULL, -- attempts of the mails before the last
	error      text NOT NULL, -- why it led to no mail
	left_out   text NOT NULL, -- JSON list: what the mail goes without
	version    integer NOT NULL,
	created_at timestamptz NOT NULL,
	updated_at timestamptz NOT NULL,
	PRIMARY KEY (site, collection, id)
);
CREATE INDEX documents_by_age ON documents (site, updated_at);

-- +goose Down
DROP TABLE documents;
