-- +goose Up
-- Who changed what. Rows are added, and never changed or deleted.
CREATE TABLE audit (
	site       text NOT NULL,
	id         text NOT NULL,
	at         timestamp NOT NULL,
	actor      text NOT NULL,
	key_id     text NOT NULL,
	address    text NOT NULL,
	request_id text NOT NULL,
	action     text NOT NULL,
	subject    text NOT NULL,
	was        text NOT NULL, -- JSON, empty if nothing
	became     text NOT NULL,
	PRIMARY KEY (site, id)
);
CREATE INDEX audit_of_subject ON audit (site, subject, id);
CREATE INDEX audit_of_actor ON audit (site, actor, id);

-- +goose StatementBegin
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit is not changed'); END;
-- +goose StatementEnd

-- +goose Down
DROP TABLE audit;
