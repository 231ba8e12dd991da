package releaseplan

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"
	"time"
)

var trailColumns = []string{"seq", "at", "kind", "action", "by", "task", "milestone", "name", "from", "to", "remark", "commit", "prev", "hash"}

// A trailTable writes entries as CSV.
type trailTable struct {
	w     *csv.Writer
	begun bool
	row   []string
}

func newTrailTable(w io.Writer) *trailTable {
	t := &trailTable{w: csv.NewWriter(w)}
	t.w.UseCRLF = true
	return t
}

// entry writes one entry.
func (t *trailTable) entry(body, hash []byte) error {
	var e Entry
	if err := e.UnmarshalJSON(body); err != nil {
		return err
	}
	if err := t.head(); err != nil {
		return err
	}
	who := e.By.ID
	if who == "" {
		who = e.By.Name
	}
	t.row = append(t.row[:0], strconv.FormatInt(e.Seq, 10), e.At.Format(time.RFC3339Nano), string(e.Kind), string(e.Action), who,
		e.Task, e.Milestone, e.Name, e.From, e.To, e.Remark, e.Commit, e.Prev, string(hash))
	for i := range t.row {
		t.row[i] = plainCell(t.row[i])
	}
	return t.w.Write(t.row)
}

// head writes the names of the columns before the first entry.
func (t *trailTable) head() error {
	if t.begun {
		return nil
	}
	t.begun = true
	return t.w.Write(trailColumns)
}

// finish writes what is left.
func (t *trailTable) finish() error {
	if err := t.head(); err != nil {
		return err
	}
	t.w.Flush()
	return t.w.Error()
}

// plainCell keeps spreadsheets from carrying out what people wrote. They also take
// the wide forms of the signs for formulas.
func plainCell(s string) string {
	if strings.IndexAny(s, "=+-@\t\r\n＝＋－＠") == 0 {
		return "'" + s
	}
	return s
}
