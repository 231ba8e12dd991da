package executor

import (
	"database/sql"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"
)

const (
	maxCell  = 200 // bytes of a value that are shown
	maxTable = 256 // rows that are lined up together
)

// writeTable writes up to limit rows of a result as a table, and returns how many it has read.
func writeTable(w io.Writer, rows *sql.Rows, limit int) (int, error) {
	columns, err := rows.Columns()
	if err != nil || len(columns) == 0 {
		return 0, err
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	values, targets := make([]any, len(columns)), make([]any, len(columns))
	heads := make([]any, len(columns))
	for i, name := range columns {
		targets[i], heads[i] = &values[i], name
	}
	writeRow(table, heads)
	n, more := 0, false
	for rows.Next() {
		if more = n == limit; more {
			break
		}
		if err := rows.Scan(targets...); err != nil {
			return n, err
		}
		writeRow(table, values)
		if n++; n%maxTable == 0 {
			_ = table.Flush()
		}
	}
	_ = table.Flush()
	if more {
		fmt.Fprintf(w, "(%d rows, and more)\n", n)
	} else {
		fmt.Fprintf(w, "(%d rows)\n", n)
	}
	return n, rows.Err()
}

func writeRow(w io.Writer, values []any) {
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = cell(v)
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

// cell returns a value on one line.
func cell(v any) string {
	var text string
	switch v := v.(type) {
	case nil:
		return "NULL"
	case time.Time:
		return v.Format(time.RFC3339Nano)
	case string:
		text = v
	case []byte:
		text = string(v)
	default:
		text = fmt.Sprint(v)
	}
	long := len(text) > maxCell
	if long {
		text = text[:maxCell]
		for cut := 0; cut < utf8.UTFMax && !utf8.ValidString(text); cut++ {
			text = text[:len(text)-1] // a rune that was cut through
		}
	}
	if !utf8.ValidString(text) {
		text = "0x" + hex.EncodeToString([]byte(text))
	}
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	if long {
		text += "…"
	}
	return text
}
