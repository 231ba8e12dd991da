package postgres

import "context"

// Wait implements store.Waker. It is woken by commits of this Store, by Wake, by
// the notifications of others if there is Options.Listen, and looks every
// Options.Poll in any case. However many wait, one of them asks the database. A
// database that cannot be asked, or does not answer within 5 s, is an error, for everybody
// who waits: whoever waits again asks on another connection.
func (s *Store) Wait(ctx context.Context, after int64) (last int64, err error) {
	return use(ctx, s, func() (int64, error) { return s.watch.Wait(ctx, after) })
}

// Wake makes every Wait look again, in all processes: call it after you committed
// the transaction of a [Tx] that is Quiet.
func (s *Store) Wake() {
	s.watch.Ring()
	if s.notifier != nil {
		s.notifier.ring()
	}
}

// end returns the position of the last event, once all that are committed have one.
func (s *Store) end(ctx context.Context) (last int64, err error) {
	last, fresh, err := s.tables.End(ctx, s.db)
	if err != nil || !fresh {
		return last, err
	}
	for fresh && err == nil {
		fresh, err = s.numberSome(ctx)
	}
	if err != nil {
		return 0, err
	}
	return s.tables.Position(ctx, s.db)
}
