-- +goose Up
-- What token servers gave last (OAuth2), for all replicas. The name is a hash of where the
-- tokens come from and of the configured refresh token: another one begins anew.
CREATE TABLE token_grants (
	site         text COLLATE "C" NOT NULL,
	name         text COLLATE "C" NOT NULL,
	account      text COLLATE "C" NOT NULL,
	refresh      text COLLATE "C" NOT NULL, -- sealed; empty: the configured one still holds
	access       text COLLATE "C" NOT NULL, -- sealed
	scopes       text COLLATE "C" NOT NULL, -- of access
	expires_at   timestamptz,               -- of access
	leased_until timestamptz,               -- until when one replica has the right to ask for the next
	version      bigint NOT NULL,
	PRIMARY KEY (site, name)
);

-- +goose Down
DROP TABLE token_grants;
