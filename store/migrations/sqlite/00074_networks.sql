-- +goose Up
-- Where members of staff have signed in from: wrong passwords from elsewhere do not lock them out there.
CREATE TABLE sign_in_networks (
	site    text NOT NULL,
	email   text NOT NULL,
	network text NOT NULL, -- an address of IPv4, or a /64 of IPv6
	used_at timestamp NOT NULL, -- when somebody last signed in from there
	PRIMARY KEY (site, email, network)
);
CREATE INDEX sign_in_networks_by_age ON sign_in_networks (used_at);

-- +goose Down
DROP TABLE sign_in_networks;
