package sql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/logger"
	"gorm.io/gorm/schema"

	"notifier/message"
)

// openGorm lets gorm write statements for a database. What it remembers of models is the
// database's own: it holds channels, which must not go from one bubble of synctest to another.
func openGorm(db *DB, d dialector) (err error) {
	d.run = runner{db, nil}
	schema.RegisterSerializer("instant", instants{})
	schema.RegisterSerializer("sparse", sparse{})
	schema.RegisterSerializer("json", sparse{always: true})
	schema.RegisterSerializer("text", plain{})
	schema.RegisterSerializer("blob", blob{})
	db.gorm, err = gorm.Open(d, &gorm.Config{
		Logger:                 logger.Discard, // Ready logs statements, without arguments; errors are returned
		SkipDefaultTransaction: true,
		NowFunc:                func() time.Time { return time.Time{} }, // times are handed in
		TranslateError:         true,                                    // see translate
		QueryFields:            true,                                    // never SELECT *
	})
	return err
}

// Gorm begins a statement that gorm writes, in the transaction t or on a connection of its own.
// It runs as one written by hand does, is in the debug log like that, and fails with the same
// errors; with message.ErrNotFound where Take finds no row.
//
// Lists are one argument (Dialect.Array): gorm would make an argument of each element, and so a
// statement of each length. Save and Preload are not for here: they write more than was changed,
// and read what nobody asked for.
func (db *DB) Gorm(ctx context.Context, t *Tx) *gorm.DB {
	g := db.gorm.Session(&gorm.Session{Context: ctx, SkipHooks: true}) // without hooks no time is gorm's
	g.Statement.ConnPool = runner{db, t}
	return g
}

// Single is an argument that gorm hands on as it is, also if it is a list.
type Single struct{ What any }

// Value is the argument.
func (s Single) Value() (driver.Value, error) { return s.What, nil }

// runner is where gorm's statements run.
type runner struct {
	db *DB
	t  *Tx
}

func (r runner) ExecContext(ctx context.Context, statement string, arguments ...any) (sql.Result, error) {
	return r.db.run(ctx, r.t, statement, arguments)
}

func (r runner) QueryContext(ctx context.Context, statement string, arguments ...any) (*sql.Rows, error) {
	return r.db.Query(ctx, r.t, statement, arguments...)
}

// QueryRowContext is for gorm's Row, whose error nobody translates: use Take.
func (r runner) QueryRowContext(ctx context.Context, statement string, arguments ...any) *sql.Row {
	return r.db.on(r.t).QueryRowContext(ctx, r.db.Ready(statement), arguments...)
}

// PrepareContext is refused: the drivers keep statements prepared, and know when they may not.
func (runner) PrepareContext(context.Context, string) (*sql.Stmt, error) {
	return nil, errors.ErrUnsupported
}

// translate is Told for gorm: each error of each of its methods passes through here, also
// where the link breaks between two rows.
func translate(err error) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return message.ErrNotFound
	}
	return Told(err)
}

// instants write a time.Time, or a *time.Time, as an Instant.
type instants struct{}

func (instants) Value(_ context.Context, _ *schema.Field, _ reflect.Value, v any) (any, error) {
	if at, may := v.(*time.Time); may {
		return OrNone(at).Value()
	}
	return Instant(v.(time.Time)).Value()
}

func (instants) Scan(ctx context.Context, f *schema.Field, row reflect.Value, v any) error {
	var i Instant
	if err := i.Scan(v); err != nil {
		return fmt.Errorf("%s: %w", f.DBName, err)
	}
	into := f.ReflectValueOf(ctx, row)
	if into.Kind() == reflect.Pointer {
		into.Set(reflect.ValueOf(OrNull(time.Time(i))))
	} else {
		into.Set(reflect.ValueOf(time.Time(i)))
	}
	return nil
}

// sparse writes anything as JSON, and as an empty text if there is nothing in it, as a List is;
// if always is set, as JSON even then.
type sparse struct{ always bool }

func (s sparse) Value(_ context.Context, _ *schema.Field, _ reflect.Value, v any) (any, error) {
	switch r := reflect.ValueOf(v); {
	case s.always:
	case !r.IsValid(), r.IsZero(), (r.Kind() == reflect.Slice || r.Kind() == reflect.Map) && r.Len() == 0:
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

func (sparse) Scan(ctx context.Context, f *schema.Field, row reflect.Value, v any) error {
	into := f.ReflectValueOf(ctx, row)
	into.SetZero()
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("%s: JSON cannot be read from %T", f.DBName, v)
	}
	if text == "" {
		return nil
	}
	return json.Unmarshal([]byte(text), into.Addr().Interface())
}

// plain writes bytes as a text.
type plain struct{}

func (plain) Value(_ context.Context, _ *schema.Field, _ reflect.Value, v any) (any, error) {
	return string(reflect.ValueOf(v).Bytes()), nil
}

func (plain) Scan(ctx context.Context, f *schema.Field, row reflect.Value, v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("%s: a text cannot be read from %T", f.DBName, v)
	}
	f.ReflectValueOf(ctx, row).SetBytes([]byte(text))
	return nil
}

// blob writes a text as bytes, for what is no UTF-8.
type blob struct{}

func (blob) Value(_ context.Context, _ *schema.Field, _ reflect.Value, v any) (any, error) {
	return []byte(v.(string)), nil
}

func (blob) Scan(ctx context.Context, f *schema.Field, row reflect.Value, v any) error {
	b, ok := v.([]byte)
	if !ok {
		return fmt.Errorf("%s: bytes cannot be read from %T", f.DBName, v)
	}
	f.ReflectValueOf(ctx, row).SetString(string(b))
	return nil
}
