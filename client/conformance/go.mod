// The tests that join the client with the service. They are a module of their own because
// neither of the two may require the other; go.work joins them, and nobody fetches this one.
module notifier/client/conformance

go 1.26.0

// Transactions and signatures as callers have them, in the versions of the program.
require (
	github.com/jackc/pgx/v5 v5.12.0
	github.com/standard-webhooks/standard-webhooks/libraries v0.0.1
	go.uber.org/zap v1.28.0
	gorm.io/driver/postgres v1.6.3
	gorm.io/gorm v1.31.2
)
