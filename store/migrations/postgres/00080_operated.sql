-- +goose Up
-- Which messages an operation has moved. Other decisions are not in it.
CREATE INDEX decisions_of_operations ON decisions (site, actor, message_id) WHERE substr(actor, 1, 3) = 'op_';

-- +goose Down
DROP INDEX decisions_of_operations;
