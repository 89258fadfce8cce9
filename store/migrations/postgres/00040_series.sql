-- +goose Up
-- What was counted in a minute or an hour, for charts: small rows that all replicas add to.
-- Times are whole seconds since 1970, so that both databases can group them.
CREATE TABLE series (
	site   text COLLATE "C" NOT NULL,
	step   integer NOT NULL, -- in seconds
	metric text COLLATE "C" NOT NULL,
	at     bigint NOT NULL, -- when it begins
	label  text COLLATE "C" NOT NULL, -- the kind, category or status
	bucket smallint NOT NULL, -- of a histogram
	n      bigint NOT NULL,
	PRIMARY KEY (site, step, metric, at, label, bucket)
);

-- +goose Down
DROP TABLE series;
