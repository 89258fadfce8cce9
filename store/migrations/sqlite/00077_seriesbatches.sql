-- +goose Up
-- Which batch of counts each process has added last: one whose answer was lost comes again,
-- and must not count twice. A batch has counts of many sites; site is ''.
CREATE TABLE series_batches (
	site   text NOT NULL,
	source text NOT NULL, -- the process, by a random name
	n      bigint NOT NULL,
	at     bigint NOT NULL, -- of what was counted last, in seconds since 1970
	PRIMARY KEY (site, source)
);

-- +goose Down
DROP TABLE series_batches;
