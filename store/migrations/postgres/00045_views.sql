-- +goose Up
-- Searches that people of the console have kept.
CREATE TABLE views (
	site       text COLLATE "C" NOT NULL,
	email      text COLLATE "C" NOT NULL,
	name       text COLLATE "C" NOT NULL,
	query      text NOT NULL,
	created_at timestamptz NOT NULL,
	PRIMARY KEY (site, email, name)
);

-- +goose Down
DROP TABLE views;
