package postgres

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// A Listener hears what other processes announce with NOTIFY. One call is one
// session: it executes LISTEN for the channel on a connection of its own, calls
// heard once that is in force and then for every notification, and returns with
// an error when the connection is lost or ctx ends. It calls heard no more after
// that; heard does not block.
//
// The Store calls it while somebody waits, and again, after 10 ms to 5 s, when it returned.
// Nothing is missed meanwhile: heard makes everybody look at the log itself.
//
// The module store/postgres/listen has Listeners for the driver pgx. Behind
// PgBouncer, with a pool of transactions, LISTEN does not work: give the
// Listener a direct connection, or do without.
type Listener func(ctx context.Context, channel string, heard func()) error

const (
	minBackoff = 10 * time.Millisecond
	maxBackoff = 5 * time.Second
)

// listen keeps a session up until ctx ends, and rings whenever there may be something.
func listen(ctx context.Context, session func(ctx context.Context, heard func()) error, ring func(), log *slog.Logger) {
	deaf := false
	for wait := minBackoff; ctx.Err() == nil; wait = min(2*wait, maxBackoff) {
		var inForce atomic.Bool
		err := session(ctx, func() {
			if !inForce.Swap(true) && deaf {
				log.Info("notifications are heard again")
			}
			ring()
		})
		if ctx.Err() != nil {
			return
		}
		if inForce.Load() {
			deaf, wait = false, minBackoff
		}
		if !deaf {
			log.Warn("notifications are not heard: polling goes on", "error", err)
			deaf = true
		}
		select {
		case <-time.After(wait/2 + rand.N(wait/2)):
		case <-ctx.Done():
		}
	}
}
