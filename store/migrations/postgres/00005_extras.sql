-- +goose Up
-- What only some messages have: sender, headers, tags and attachments, in JSON.
ALTER TABLE messages ADD COLUMN extra text NOT NULL DEFAULT '';

-- The content of attachments, once for each site, and how many messages have it.
CREATE TABLE blobs (
	site    text COLLATE "C" NOT NULL,
	hash    text COLLATE "C" NOT NULL, -- SHA-256, in hex
	content bytea NOT NULL,
	uses    integer NOT NULL,
	PRIMARY KEY (site, hash)
);

-- +goose Down
DROP TABLE blobs;
ALTER TABLE messages DROP COLUMN extra;
