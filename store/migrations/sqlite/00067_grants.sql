-- +goose Up
-- What token servers gave last (OAuth2), for all replicas. The name is a hash of where the
-- tokens come from and of the configured refresh token: another one begins anew.
CREATE TABLE token_grants (
	site         text NOT NULL,
	name         text NOT NULL,
	account      text NOT NULL,
	refresh      text NOT NULL, -- sealed; empty: the configured one still holds
	access       text NOT NULL, -- sealed
	scopes       text NOT NULL, -- of access
	expires_at   timestamp,               -- of access
	leased_until timestamp,               -- until when one replica has the right to ask for the next
	version      bigint NOT NULL,
	PRIMARY KEY (site, name)
) WITHOUT ROWID;

-- +goose Down
DROP TABLE token_grants;
