package storetest

import (
	"database/sql"
	"fmt"
	"strings"
	"sync"
	"testing"

	"notifier/store"
)

// Everywhere is Each with a third run: on a Postgres whose tables are partitioned by
// hash(site). Where a row lies tells nothing there, and no key may do without the site.
func Everywhere(t *testing.T, test func(t *testing.T, s *store.Store)) {
	Each(t, test)
	t.Run("partitioned", func(t *testing.T) {
		t.Parallel()
		test(t, Open(t, Partitioned(t)))
	})
}

// Partitioned is the address of a new Postgres database with the current schema, in which
// all tables that can be are partitioned by hash(site).
func Partitioned(t testing.TB) string {
	t.Helper()
	from, err := partitionedTemplate()
	if err != nil {
		t.Fatal(err)
	}
	return database(t, from)
}

// few is in how many parts: enough that rows of two sites lie at one place in two of them.
const few = 3

var partitionedTemplate = sync.OnceValues(func() (string, error) {
	from, err := postgresTemplate()
	if err != nil {
		return "", err
	}
	name := from + "_partitioned"
	if err := create(name, from); err != nil {
		return "", err
	}
	db, err := sql.Open("pgx", server+"/"+name)
	if err != nil {
		return "", err
	}
	defer db.Close()
	tables, err := column(db, divisible)
	for _, table := range tables {
		if err == nil {
			err = divide(db, table)
		}
	}
	return name, err
})

// divisible are the tables of which each unique key holds the site, and to which none
// refers: what is small and global, as the hashes of keys, stays in one piece.
const divisible = `SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace AND n.nspname = 'public'
	WHERE c.relkind = 'r' AND EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)
	AND NOT EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND i.indisunique AND NOT EXISTS (
		SELECT 1 FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY(i.indkey) AND a.attname = 'site'))
	AND NOT EXISTS (SELECT 1 FROM pg_constraint r WHERE r.confrelid = c.oid)
	ORDER BY c.relname`

// divide puts a table of parts in the place of a table, with its indexes and triggers. The
// keys that refer to others are left out: what is tested here does not ask for them.
func divide(db *sql.DB, table string) error {
	triggers, err := column(db, "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = '"+table+"'::regclass AND NOT tgisinternal")
	if err != nil {
		return err
	}
	statements := []string{
		fmt.Sprintf("ALTER TABLE %[1]s RENAME TO %[1]s_whole", table),
		fmt.Sprintf("CREATE TABLE %[1]s (LIKE %[1]s_whole INCLUDING ALL) PARTITION BY HASH (site)", table),
	}
	for i := range few {
		statements = append(statements, fmt.Sprintf("CREATE TABLE %[1]s_%[2]d PARTITION OF %[1]s FOR VALUES WITH (MODULUS %[3]d, REMAINDER %[2]d)", table, i, few))
	}
	statements = append(statements, fmt.Sprintf("INSERT INTO %[1]s SELECT * FROM %[1]s_whole", table), fmt.Sprintf("DROP TABLE %s_whole", table))
	if _, err := db.Exec(strings.Join(append(statements, triggers...), ";\n")); err != nil {
		return fmt.Errorf("partition %s: %w", table, err)
	}
	return nil
}

// column reads a statement's one column.
func column(db *sql.DB, statement string) (all []string, err error) {
	rows, err := db.Query(statement)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var one string
		if err := rows.Scan(&one); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, rows.Err()
}
