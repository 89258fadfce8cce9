package sql

import (
	"strconv"
	"strings"

	"gorm.io/gorm"
	"gorm.io/gorm/callbacks"
	"gorm.io/gorm/clause"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"
)

// dialector tells gorm how a database wants its statements. gorm's own driver for SQLite
// imports one in C, which each test would compile, and that for Postgres is a migrator for the most
// part, while goose owns the schema. What the two databases want differs in four lines.
type dialector struct {
	name     string
	run      gorm.ConnPool
	numbered bool   // arguments are $1, $2 …, not ?
	unset    string // the value of a column that is left out
	locks    bool   // rows can be locked
}

var (
	sqliteDialector   = dialector{name: "sqlite", unset: "NULL"} // a transaction has the whole database to itself
	postgresDialector = dialector{name: "postgres", numbered: true, unset: "DEFAULT", locks: true}
)

func (d dialector) Name() string { return d.name }

func (d dialector) Initialize(db *gorm.DB) error {
	db.ConnPool = d.run
	callbacks.RegisterDefaultCallbacks(db, &callbacks.Config{
		CreateClauses: []string{"INSERT", "VALUES", "ON CONFLICT", "RETURNING"},
		UpdateClauses: []string{"UPDATE", "SET", "FROM", "WHERE", "RETURNING"},
		DeleteClauses: []string{"DELETE", "FROM", "WHERE", "RETURNING"},
	})
	if !d.locks {
		db.ClauseBuilders["FOR"] = func(clause.Clause, clause.Builder) {}
	}
	return nil
}

func (dialector) Migrator(*gorm.DB) gorm.Migrator { return nil }

func (dialector) DataTypeOf(*schema.Field) string { return "" } // for a migrator

func (d dialector) DefaultValueOf(*schema.Field) clause.Expression { return clause.Expr{SQL: d.unset} }

func (d dialector) BindVarTo(w clause.Writer, s *gorm.Statement, _ any) {
	if d.numbered {
		_, _ = w.WriteString("$" + strconv.Itoa(len(s.Vars)))
	} else {
		_ = w.WriteByte('?')
	}
}

// QuoteTo writes a name, or a table and a column with a dot between them.
func (dialector) QuoteTo(w clause.Writer, name string) {
	_, _ = w.WriteString(`"` + strings.ReplaceAll(strings.ReplaceAll(name, `"`, `""`), ".", `"."`) + `"`)
}

func (dialector) Explain(statement string, arguments ...any) string {
	return logger.ExplainSQL(statement, nil, `"`, arguments...)
}

func (dialector) Translate(err error) error { return translate(err) }
