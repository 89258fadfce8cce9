package store

import (
	"encoding/binary"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"notifier/fault"
	"notifier/message"
	"notifier/store/sql"
)

// readBinaryRows is readMessages for what Postgres sends in binary: the texts of a row are one
// piece of memory, and nothing is boxed on its way.
func readBinaryRows(rows pgx.Rows) ([]message.Message, error) {
	defer rows.Close()
	r := new(messageRow)
	into := values(r.content(), r.state(), r.window())
	fields := rows.FieldDescriptions()
	var all []message.Message
	var texts []byte
	for rows.Next() {
		*r = messageRow{}
		raw := rows.RawValues()
		size := 0
		for _, b := range raw {
			size += len(b)
		}
		texts = slices.Grow(texts[:0], size)
		for i, b := range raw {
			if b == nil {
				continue // NULL is the zero value
			}
			if s := asText(into[i]); s != nil {
				texts = append(texts, b...)
				continue
			}
			if err := readBinary(rows, fields[i].DataTypeOID, fields[i].Format, b, into[i]); err != nil {
				return nil, err
			}
		}
		rest := string(texts)
		for i, b := range raw {
			if s := asText(into[i]); s != nil {
				*s, rest = rest[:len(b)], rest[len(b):]
			}
		}
		m, err := r.toMessage()
		if err != nil {
			return nil, err
		}
		if len(all) == cap(all) { // messages are large: each growth by a little would copy all of them
			all = slices.Grow(all, max(len(all), 64))
		}
		all = append(all, m)
	}
	return all, sql.Told(rows.Err())
}

// asText is a place for a text that stands in the column as it is; nil for any other.
func asText(into any) *string {
	switch v := into.(type) {
	case *string:
		return v
	case *optional:
		return (*string)(v)
	}
	return nil
}

// epoch is where Postgres counts microseconds from.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()

// readBinary reads a column that is no text.
func readBinary(rows pgx.Rows, oid uint32, format int16, b []byte, into any) error {
	if list, ok := into.(*sql.List); ok {
		return list.Scan(string(b))
	}
	if format == pgx.BinaryFormatCode {
		switch v := into.(type) {
		case *bool:
			*v = b[0] != 0
			return nil
		case *int:
			switch len(b) {
			case 2:
				*v = int(int16(binary.BigEndian.Uint16(b)))
			default:
				*v = int(int32(binary.BigEndian.Uint32(b)))
			}
			return nil
		case *sql.Instant:
			*v = sql.Instant(fault.Clamp(time.UnixMicro(int64(binary.BigEndian.Uint64(b)) + epoch).UTC()))
			return nil
		}
	}
	return rows.Conn().TypeMap().Scan(oid, format, b, into)
}
