package rollout

import (
	"context"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/records"
	"github.com/penstock-go/penstock/store"
)

// A head is one record that every Commit of a Service writes. So it is the only
// lock: whatever a write has looked at since it read the head is still so when it commits, be it a
// count, a name, or who refers to what.
type head struct {
	records.Head
	Counts map[string]int `json:"counts"` // of records, by kind
}

func newWriter(s *Service) *records.Writer[head] {
	return records.NewWriter(s.store, store.Key{Kind: "rollout.head", ID: "head"}, s.now, func(h *head) *records.Head { return &h.Head })
}

// A change is one Commit in the making.
type change struct {
	*records.Change[head]
	by penstock.Actor
}

// stamp says who writes, and when.
func (c *change) stamp() Stamp {
	return Stamp{By: penstock.Party{Type: penstock.User, ID: c.by.ID, Name: c.by.Name}, At: c.At}
}

// write lets decide add ops to a change and commits them. What others overtake is
// decided again.
func (s *Service) write(ctx context.Context, by penstock.Actor, decide func(*change) error) (version int64, err error) {
	return s.writer.Write(ctx, func(c *records.Change[head]) error {
		if c.Head.Counts == nil {
			c.Head.Counts = make(map[string]int)
		}
		return decide(&change{c, by})
	})
}
