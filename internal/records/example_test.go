package records_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/internal/records"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

func Example() {
	things := newWriter(memory.New())
	for _, id := range []string{"a", "b", "c"} {
		_, err := things.Write(context.Background(), func(c *records.Change[head]) error {
			if c.Head.Count == 2 {
				return fmt.Errorf("%s is one too many", id)
			}
			c.Head.Count++
			c.Ops = append(c.Ops, store.Op{Record: store.Record{Key: store.Key{Kind: "thing", ID: id}}})
			return nil
		})
		if err != nil {
			fmt.Println(err)
		}
	}
	_, h, err := things.Head(context.Background())
	fmt.Println(h.Count, h.Revision, err)
	// Output:
	// c is one too many
	// 2 2 <nil>
}
