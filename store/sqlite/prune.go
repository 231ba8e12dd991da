package sqlite

import (
	"context"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/internal/sqlstore"
)

// Prune implements store.Pruner. It removes many events in several
// transactions; after an error it tells how many are gone, and can be called again to go on. A store of [Tx],
// which has but one, is no store.Pruner.
func (s *Store) Prune(ctx context.Context, subject store.Key, through int64) (n int64, err error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	if err := store.CheckPrune(subject, through); err != nil {
		return 0, err
	}
	return s.tables.PruneAll(subject, through, func(prune func(context.Context, sqlstore.Session) error) error {
		return s.writer.do(ctx, prune)
	})
}
