-- +goose Up
-- What people inherit of their site: its zone and the defaults of the kinds. Each change of them
-- has a version, and moves the waiting notifications of everybody who inherits, in pages.
ALTER TABLE sites ADD COLUMN version integer NOT NULL DEFAULT 1;
ALTER TABLE sites ADD COLUMN moving text; -- the user after whom the move goes on; NULL: nothing moves
-- What was last applied from a file, when that file was written, and the defaults in it.
ALTER TABLE sites ADD COLUMN applied_timezone text NOT NULL DEFAULT '';
ALTER TABLE sites ADD COLUMN applied_kinds text NOT NULL DEFAULT '';
ALTER TABLE sites ADD COLUMN applied_at timestamp;
UPDATE sites SET applied_timezone = timezone;
CREATE INDEX sites_moving ON sites (site) WHERE moving IS NOT NULL;

-- +goose Down
DROP INDEX sites_moving;
ALTER TABLE sites DROP COLUMN applied_at;
ALTER TABLE sites DROP COLUMN applied_kinds;
ALTER TABLE sites DROP COLUMN applied_timezone;
ALTER TABLE sites DROP COLUMN moving;
ALTER TABLE sites DROP COLUMN version;
