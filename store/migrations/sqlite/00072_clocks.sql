-- +goose Up
-- How far the wall clock of a machine was ahead of the time since its start, when it was last
-- believed: a program that is started again does not believe a step of it either.
CREATE TABLE machine_clocks (
	site     text NOT NULL,
	boot     text NOT NULL, -- this start of the machine
	ahead_us bigint NOT NULL,
	kept_at  timestamp NOT NULL,
	PRIMARY KEY (site, boot)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE machine_clocks;
