package workflow

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// logSweep bounds the chunks that are deleted at once.
const logSweep = 100

// Delete removes every log of a run, a hundred chunks at a time. An error leaves some of
// them; deleting again removes the rest. The run's jobs should have ended: what is
// written later is stored.
func (l *Logs) Delete(ctx context.Context, run string) error {
	if err := (LogKey{Run: run, Job: "any"}).check(0); err != nil {
		return err
	}
	for {
		more, err := l.deleteSome(ctx, run+"/")
		if err != nil && !errors.Is(err, penstock.ErrConflict) { // then somebody wrote meanwhile, or deleted it too
			return fmt.Errorf("delete the logs of run %s: %w", run, err)
		}
		if err == nil && !more {
			return nil
		}
	}
}

// deleteSome removes chunks whose id begins with prefix, and reports whether there
// may be more.
func (l *Logs) deleteSome(ctx context.Context, prefix string) (more bool, err error) {
	page, err := l.store.Find(ctx, store.Query{Kind: kindLog, After: &store.Cursor{ID: prefix}, Limit: logSweep, NoBody: true})
	if err != nil {
		return false, err
	}
	var ops []store.Op
	for _, r := range page.Records {
		if strings.HasPrefix(r.ID, prefix) {
			ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: r.Key, Version: r.Version}})
		}
	}
	if len(ops) == 0 {
		return false, nil
	}
	_, err = l.store.Commit(ctx, ops...)
	return len(ops) == logSweep, err
}
