-- +goose Up
-- Who changed what. Rows are added, and never changed or deleted.
CREATE TABLE audit (
	site       text COLLATE "C" NOT NULL,
	id         text COLLATE "C" NOT NULL,
	at         timestamptz NOT NULL,
	actor      text COLLATE "C" NOT NULL,
	key_id     text NOT NULL,
	address    text NOT NULL,
	request_id text NOT NULL,
	action     text NOT NULL,
	subject    text COLLATE "C" NOT NULL,
	was        text NOT NULL, -- JSON, empty if nothing
	became     text NOT NULL,
	PRIMARY KEY (site, id)
);
CREATE INDEX audit_of_subject ON audit (site, subject, id);
CREATE INDEX audit_of_actor ON audit (site, actor, id);

-- +goose StatementBegin
CREATE FUNCTION audit_is_not_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	RAISE EXCEPTION 'the audit is not changed';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE OR TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION audit_is_not_changed();

-- +goose Down
DROP TABLE audit;
DROP FUNCTION audit_is_not_changed();
