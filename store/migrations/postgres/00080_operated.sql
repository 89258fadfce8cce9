-- +goose Up
-- Which messages an operation has moved. Other decisions are not in it.
CREATE INDEX decisions_of_operations ON decisions (site, actor, message_id) WHERE substr(actor, 1, 3) = 'op_';

-- Which addresses bounced lately, on all sites: whether it was a burst is asked every minute.
CREATE INDEX suppressions_by_time ON suppressions (since, site, account) WHERE reason = 'bounce';

-- +goose Down
DROP INDEX suppressions_by_time;
DROP INDEX decisions_of_operations;
