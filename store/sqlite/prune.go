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
	for more := true; more; {
		var removed int64
		err := s.writer.do(ctx, func(ctx context.Context, tx sqlstore.Session) (err error) {
			removed, more, err = s.tables.Prune(ctx, tx, subject, through)
			return err
		})
		if err != nil {
			return n, err
		}
		n += removed
	}
	return n, nil
}
