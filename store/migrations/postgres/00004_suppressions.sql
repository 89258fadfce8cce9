-- +goose Up
-- Addresses that are not written to any more, in lower case.
CREATE TABLE suppressions (
	site       text COLLATE "C" NOT NULL,
	address    text COLLATE "C" NOT NULL,
	reason     text NOT NULL, -- bounce, complaint or opt_out
	since      timestamptz NOT NULL,
	message_id text NOT NULL,
	note       text NOT NULL,
	PRIMARY KEY (site, address)
);

-- +goose Down
DROP TABLE suppressions;
