-- +goose Up
-- Addresses that are not written to any more, in lower case.
CREATE TABLE suppressions (
	site       text NOT NULL,
	address    text NOT NULL,
	reason     text NOT NULL, -- bounce, complaint or opt_out
	since      timestamp NOT NULL,
	message_id text NOT NULL,
	note       text NOT NULL,
	PRIMARY KEY (site, address)
);

-- +goose Down
DROP TABLE suppressions;
