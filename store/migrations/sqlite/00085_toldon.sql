-- +goose Up
-- The last date of whose workday the beginning had passed when a deadline was last dealt with: a
-- change of the site's zone or calendar must not have the same date told again.
ALTER TABLE deadlines ADD COLUMN told_on text NOT NULL DEFAULT '';

-- +goose Down
ALTER TABLE deadlines DROP COLUMN told_on;
