-- +goose Up
-- Ids of users that look like addresses, as hashes. A text in a message that is such an id means the
-- user; of an erased user it means nobody.
CREATE TABLE address_ids (
	site    text COLLATE "C" NOT NULL,
	id_hash text COLLATE "C" NOT NULL,
	erased  boolean NOT NULL,
	PRIMARY KEY (site, id_hash)
);

-- +goose Down
DROP TABLE address_ids;
