-- +goose Up
-- The keys that sign what leaves the house, each with its purpose and number, sealed by secrets.key.
CREATE TABLE signing_keys (
	site    text COLLATE "C" NOT NULL, -- the empty one: they are the service's
	purpose text COLLATE "C" NOT NULL,
	number  integer NOT NULL, -- the highest signs, all of them verify
	sealed  text NOT NULL, -- empty: the key that was derived from secrets.key, which the service puts here
	PRIMARY KEY (site, purpose, number)
);
INSERT INTO signing_keys (site, purpose, number, sealed)
	SELECT '', 'links', 0, '' WHERE EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM messages);

-- +goose Down
DROP TABLE signing_keys;
