package sqlite

import "context"

// Wait implements store.Waker. It is woken by commits of this Store and by Wake, and
// looks every Options.Poll for what others committed. However many wait, one of
// them asks the database. A database that cannot be read, or not within 5 s, is an
// error, for everybody who waits.
func (s *Store) Wait(ctx context.Context, after int64) (last int64, err error) {
	if err := s.ready(ctx); err != nil {
		return 0, err
	}
	return s.watch.Wait(ctx, after)
}

// Wake makes every Wait look again: call it after you committed the
// transaction of a Tx, if you do not want to wait for Options.Poll.
func (s *Store) Wake() { s.watch.Ring() }

// end returns the position of the last event.
func (s *Store) end(ctx context.Context) (last int64, err error) {
	return read(ctx, s, func() (int64, error) { return s.tables.Position(ctx, s.prepared) })
}
