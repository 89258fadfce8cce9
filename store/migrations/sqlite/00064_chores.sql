-- +goose Up
-- Whose turn it is: one replica at a time does a chore for a site. Whoever writes the row has
-- the turn until that time.
CREATE TABLE chores (
	site  text NOT NULL,
	chore text NOT NULL,
	until timestamp NOT NULL,
	PRIMARY KEY (site, chore)
);

-- +goose Down
DROP TABLE chores;
