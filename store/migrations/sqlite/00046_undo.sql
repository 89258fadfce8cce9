-- +goose Up
-- An operation may begin later than it was asked for, so that it can be undone; what it
-- left alone is told, as far as somebody can look through it.
ALTER TABLE operations ADD COLUMN begins_at timestamp;
ALTER TABLE operations ADD COLUMN left_alone text NOT NULL DEFAULT ''; -- JSON list, empty if none

-- +goose Down
ALTER TABLE operations DROP COLUMN left_alone;
ALTER TABLE operations DROP COLUMN begins_at;
