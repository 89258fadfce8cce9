-- +goose Up
-- Mails of test keys, which do not leave the house. Old ones are forgotten.
CREATE TABLE kept_mails (
	site       text NOT NULL,
	id         text NOT NULL,
	message_id text NOT NULL,
	sender     text NOT NULL,
	recipients text NOT NULL, -- JSON list
	subject    text NOT NULL,
	at         timestamp NOT NULL,
	body_text  text NOT NULL,
	body_html  text NOT NULL,
	raw        blob NOT NULL,
	PRIMARY KEY (site, id)
);

-- +goose Down
DROP TABLE kept_mails;
