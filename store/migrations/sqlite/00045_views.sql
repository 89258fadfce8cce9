-- +goose Up
-- Searches that people of the console have kept.
CREATE TABLE views (
	site       text NOT NULL,
	email      text NOT NULL,
	name       text NOT NULL,
	query      text NOT NULL,
	created_at timestamp NOT NULL,
	PRIMARY KEY (site, email, name)
);

-- +goose Down
DROP TABLE views;
