-- +goose Up
-- Who may call the API. A secret is kept as its hash, and cannot be used from here.
CREATE TABLE api_keys (
	site       text NOT NULL,
	id         text NOT NULL,
	name       text NOT NULL,
	test       boolean NOT NULL,
	scopes     text NOT NULL, -- JSON list
	prefix     text NOT NULL, -- the beginning of the secret, for people
	hash       text NOT NULL,
	rate_limit real NOT NULL, -- requests a second; 0: as the configuration says
	created_at timestamp NOT NULL,
	created_by text NOT NULL,
	expires_at timestamp,
	revoked_at timestamp,
	used_at    timestamp,
	PRIMARY KEY (site, id)
);
-- A caller shows nothing but a secret, so this one begins with no site.
CREATE UNIQUE INDEX api_keys_by_hash ON api_keys (hash);

-- +goose Down
DROP TABLE api_keys;
