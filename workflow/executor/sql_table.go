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

	"github.com/penstock-go/penstock/workflow"
)

const (
	maxCell  = 200          // bytes of a value that are shown
	maxRaw   = 20 * maxCell // that are looked at, so that secrets can be masked
	maxTable = 256          // rows that are lined up together
)

// writeTable writes up to limit rows of a result as a table, and returns how many it has come upon: one
// more at most, unless all are to be read.
func writeTable(w io.Writer, secrets *workflow.Masker, rows *sql.Rows, limit int, all bool) (n int, err error) {
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
	writeRow(table, secrets, heads)
	for (n <= limit || all) && rows.Next() {
		if n++; n > limit {
			continue
		}
		if err := rows.Scan(targets...); err != nil {
			return n - 1, err
		}
		writeRow(table, secrets, values)
		if n%maxTable == 0 {
			_ = table.Flush()
		}
	}
	_ = table.Flush()
	if n > limit {
		fmt.Fprintf(w, "(%d rows, and more)\n", limit)
	} else {
		fmt.Fprintf(w, "(%d rows)\n", n)
	}
	return n, rows.Err()
}

func writeRow(w io.Writer, secrets *workflow.Masker, values []any) {
	cells := make([]string, len(values))
	for i, v := range values {
		cells[i] = cell(v, secrets)
	}
	fmt.Fprintln(w, strings.Join(cells, "\t"))
}

// cell returns a value on one line, with its secrets masked.
func cell(v any, secrets *workflow.Masker) string {
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
	long := len(text) > maxRaw
	text = string(maskedHead(secrets, []byte(text[:min(len(text), maxRaw+1)]), maxRaw)) // no part of a secret can be found
	if len(text) > maxCell {
		long = true
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
