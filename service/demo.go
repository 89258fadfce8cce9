package service

import (
	"bytes"
	_ "embed"
	"errors"
	"io"

	"notifier/simulate"
)

// demoJournal is four days of an invented garden office.
//
//go:embed demo.ndjson
var demoJournal []byte

func demoLines() ([]simulate.Line, error) {
	journal := simulate.NewJournal(bytes.NewReader(demoJournal))
	var lines []simulate.Line
	for {
		line, err := journal.Next()
		if errors.Is(err, io.EOF) {
			return lines, nil
		}
		if err != nil {
			return nil, err
		}
		lines = append(lines, line)
	}
}
