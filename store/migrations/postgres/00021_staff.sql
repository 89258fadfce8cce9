-- +goose Up
-- Who may sign in to the console.
CREATE TABLE staff (
	site         text COLLATE "C" NOT NULL,
	email        text COLLATE "C" NOT NULL,
	name         text NOT NULL,
	role         text NOT NULL,
	password     text NOT NULL, -- argon2id; empty: only by OpenID Connect
	created_at   timestamptz NOT NULL,
	created_by   text NOT NULL,
	signed_in_at timestamptz,
	PRIMARY KEY (site, email)
);
-- Who signs in says an address alone.
CREATE UNIQUE INDEX staff_by_email ON staff (email);

-- Who has signed in. A token is kept as its hash.
CREATE TABLE sessions (
	site       text COLLATE "C" NOT NULL,
	hash       text COLLATE "C" NOT NULL,
	email      text COLLATE "C" NOT NULL,
	created_at timestamptz NOT NULL,
	used_at    timestamptz NOT NULL,
	expires_at timestamptz NOT NULL,
	address    text NOT NULL,
	agent      text NOT NULL,
	PRIMARY KEY (site, hash)
);
CREATE UNIQUE INDEX sessions_by_hash ON sessions (hash);
CREATE INDEX sessions_of_member ON sessions (site, email, hash);
CREATE INDEX sessions_by_age ON sessions (expires_at);

-- Wrong attempts to sign in, by what they were for and where they came from.
CREATE TABLE sign_in_failures (
	subject  text COLLATE "C" PRIMARY KEY,
	failures integer NOT NULL,
	until    timestamptz NOT NULL -- when they are forgotten
);
CREATE INDEX sign_in_failures_by_age ON sign_in_failures (until);

-- +goose Down
DROP TABLE sign_in_failures;
DROP TABLE sessions;
DROP TABLE staff;
