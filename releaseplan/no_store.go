package releaseplan

import (
	"context"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A noStore stands for a Config.Store that was not set.
type noStore struct{}

func (noStore) missing() error { return penstock.Invalid("Config.Store", "must be set") }

func (s noStore) Get(context.Context, ...store.Key) ([]store.Record, error) { return nil, s.missing() }
func (s noStore) Find(context.Context, store.Query) (store.Page, error) {
	return store.Page{}, s.missing()
}
func (s noStore) Commit(context.Context, ...store.Op) (int64, error) { return 0, s.missing() }
func (s noStore) Events(context.Context, store.EventQuery) ([]store.Event, error) {
	return nil, s.missing()
}
func (s noStore) Next(context.Context, string, int) (int64, error) { return 0, s.missing() }
func (s noStore) Close() error                                     { return nil }
