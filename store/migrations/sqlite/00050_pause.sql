-- +goose Up
ALTER TABLE jobs ADD COLUMN paused_until timestamp; -- NULL: until somebody ends the pause

-- +goose Down
ALTER TABLE jobs DROP COLUMN paused_until;
