package sqlstore

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/store"
)

// End returns the last position that was given, and whether there are events
// without one.
func (t *Tables) End(ctx context.Context, s Session) (last int64, fresh bool, err error) {
	var q query
	q.add("SELECT position, EXISTS (SELECT 1 FROM ", t.events, " WHERE position IS NULL) FROM ", t.meta)
	if err = q.one(ctx, s, &last, &fresh); err != nil {
		return 0, false, fmt.Errorf("end of the log: %w", err)
	}
	return last, fresh, nil
}

// channel is the name of the channel on which these tables' events are
// announced, as an expression of PostgreSQL: all who use the same tables agree
// on it, by whatever path they find them.
func (t *Tables) channel() string { return "'penstock_' || '" + t.events + "'::regclass::oid::text" }

// Channel returns the name of the channel of these tables.
func (t *Tables) Channel(ctx context.Context, s Session) (name string, err error) {
	var q query
	if err = q.add("SELECT ", t.channel()).one(ctx, s, &name); err != nil {
		return "", fmt.Errorf("name the channel: %w", err)
	}
	return name, nil
}

// Notify sends a notification, when s is committed, to those who listen on the channel.
func (t *Tables) Notify(ctx context.Context, s Session) error {
	if _, err := s.ExecContext(ctx, "SELECT pg_notify("+t.channel()+", '')"); err != nil {
		return fmt.Errorf("notify: %w", err)
	}
	return nil
}

// HaveEvents reports whether one of the ops has an event.
func HaveEvents(ops []store.Op) bool {
	for i := range ops {
		if len(ops[i].Events) > 0 {
			return true
		}
	}
	return false
}
