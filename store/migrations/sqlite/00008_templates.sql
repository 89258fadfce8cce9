-- +goose Up
-- Mails that are written once and filled in, and the partials in them.
CREATE TABLE templates (
	site       text NOT NULL,
	name       text NOT NULL,
	partial    boolean NOT NULL,
	content    text NOT NULL, -- JSON
	updated_at timestamp NOT NULL,
	PRIMARY KEY (site, name)
);

-- +goose Down
DROP TABLE templates;
