package sql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"go.uber.org/zap"
)

func openPostgres(ctx context.Context, url string, connections int, log *zap.Logger) (*DB, error) {
	config, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read database.url: %w", err)
	}
	config.MaxConns = 20
	if connections > 0 {
		config.MaxConns = int32(connections)
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "notifier"
	}
	waits := watchOver(config, log)
	setParameters(ctx, config.ConnConfig)
	waits.config = config.ConnConfig.Copy()
	config.ConnConfig.Tracer = bounds{waits, longest}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open the database: %w", err)
	}
	waits.pool = pool
	db := stdlib.OpenDBFromPool(pool)
	if err := db.PingContext(ctx); err != nil { // gorm would not ask
		pool.Close()
		return nil, fmt.Errorf("open the database: %w", err)
	}
	opened := &DB{pool: db, dialect: Postgres{}, log: log, pgx: pool, guard: waits, close: func() error {
		err := db.Close()
		closePool(pool)
		return err
	}}
	if err := openGorm(opened, postgresDialector); err != nil {
		_ = opened.close()
		return nil, fmt.Errorf("open the database: %w", err)
	}
	return opened, nil
}

// setParameters sets what statements expect of a session. PgBouncer takes no such
// parameters, nor does it let statements be prepared beyond a transaction: then they are
// planned each time.
func setParameters(ctx context.Context, config *pgx.ConnConfig) {
	// Each statement is planned once, for any size of its lists and tables. By index is how
	// all of them are meant, however small a table is when the plan is made.
	parameters := map[string]string{"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off", "jit": "off"}
	maps.Copy(parameters, patience)
	maps.Copy(config.RuntimeParams, parameters)
	conn, err := pgx.ConnectConfig(ctx, config.Copy())
	if err == nil {
		_ = conn.Close(ctx)
		return
	}
	var refused *pgconn.PgError
	if !errors.As(err, &refused) || !strings.Contains(refused.Message, "unsupported startup parameter") {
		return // of a server that is away the first statement tells
	}
	for name := range parameters {
		delete(config.RuntimeParams, name)
	}
	config.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
}
