-- +goose Up
-- What was counted in a minute or an hour, for charts: small rows that all replicas add to.
-- Times are whole seconds since 1970, so that both databases can group them.
CREATE TABLE series (
	site   text NOT NULL,
	step   integer NOT NULL, -- in seconds
	metric text NOT NULL,
	at     integer NOT NULL, -- when it begins
	label  text NOT NULL, -- the kind, category or status
	bucket integer NOT NULL, -- of a histogram
	n      integer NOT NULL,
	PRIMARY KEY (site, step, metric, at, label, bucket)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE series;
