package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/releaseplan"
)

// errChain says that somebody altered the trail.
var errChain = errors.New("the audit trail is broken")

// trail prints everything that happened to the plan: when, who, what. Each entry
// holds the hash of the one before, so that none can be altered unseen.
func trail(ctx context.Context, s *console.Screen, plans *releaseplan.Service, id string, by penstock.Actor) error {
	s.Heading("audit trail, times in UTC")
	var last releaseplan.Entry
	for {
		page, err := plans.History(ctx, id, last.Seq, 0, by)
		if err != nil {
			return err
		}
		for _, e := range page {
			if e.Seq != last.Seq+1 || e.Prev != last.Hash {
				return fmt.Errorf("%w at entry %d", errChain, e.Seq)
			}
			s.Line("%3d  %s  %-10s  %s", e.Seq, e.At.UTC().Format("15:04:05.000"), clip(e.By.Label(), 10), what(e))
			last = e
		}
		if len(page) == 0 {
			s.Line("%s", s.Paint(console.Dim, fmt.Sprintf("%d entries, each with the hash of the one before. The last hash:", last.Seq)))
			s.Line("     %s", last.Hash)
			return nil
		}
	}
}

// what tells a change in one line, without who made it: that has a column.
func what(e releaseplan.Entry) string {
	c := e.Change
	c.By = penstock.Party{}
	c.Remark = firstLine(c.Remark)
	return clip(c.String(), width-31)
}
