package listen

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/postgres"
)

const (
	quiet    = 30 * time.Second // after so long without a word the connection is tried
	patience = 10 * time.Second // bounds that
)

// On returns a Listener on connections of db, whose driver must be pgx. While it
// listens it keeps one of them, so db must allow two at least; one on which it has listened
// is closed and does not come back into the pool.
func On(db *sql.DB) postgres.Listener {
	return func(ctx context.Context, channel string, heard func()) error {
		if db == nil {
			return penstock.Invalid("db", "must not be nil")
		}
		if db.Stats().MaxOpenConnections == 1 {
			return errors.New("listen: a pool of one connection has none to spare")
		}
		c, err := db.Conn(ctx)
		if err != nil {
			return connectError(err)
		}
		defer func() { _ = c.Close() }() // nothing is lost with it
		var end error
		err = c.Raw(func(conn any) error {
			own, ok := conn.(*stdlib.Conn)
			if !ok {
				return fmt.Errorf("listen: the driver is %T, and must be that of pgx", conn)
			}
			end = listen(ctx, own.Conn(), channel, heard)
			return driver.ErrBadConn // keeps it from the pool
		})
		if end != nil {
			return end
		}
		return err
	}
}

// Connect returns a Listener on a connection of its own to the server at url, which may be
// all that pgx.ParseConfig understands. A fault of it is a penstock.ErrInvalid, which
// does not show it.
func Connect(url string) (postgres.Listener, error) {
	config, err := pgx.ParseConfig(url)
	if err != nil {
		return nil, penstock.Invalid("url", "cannot be understood") // err could show a password
	}
	return ConnectConfig(config)
}

// ConnectConfig is Connect with a config from pgx.ParseConfig, of which it keeps a copy.
func ConnectConfig(config *pgx.ConnConfig) (postgres.Listener, error) {
	if config == nil {
		return nil, penstock.Invalid("config", "must not be nil")
	}
	config = config.Copy()
	return func(ctx context.Context, channel string, heard func()) error {
		conn, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return connectError(err)
		}
		defer func() {
			bye, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
			defer cancel()
			_ = conn.Close(bye) // nothing is lost with it
		}()
		return listen(ctx, conn, channel, heard)
	}, nil
}

// listen is one session. Only it uses conn.
func listen(ctx context.Context, conn *pgx.Conn, channel string, heard func()) error {
	if _, err := conn.Exec(ctx, "LISTEN "+pgx.Identifier{channel}.Sanitize()); err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	heard()
	for {
		err := within(ctx, quiet, func(ctx context.Context) error {
			_, err := conn.WaitForNotification(ctx)
			return err
		})
		switch {
		case err == nil:
			heard()
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case !errors.Is(err, context.DeadlineExceeded) || conn.IsClosed():
			return fmt.Errorf("listen: the connection is lost: %w", err)
		}
		if err := within(ctx, patience, conn.Ping); err != nil {
			return fmt.Errorf("listen: the other side is gone: %w", err)
		}
	}
}

// within calls do with a context that ends after d.
func within(ctx context.Context, d time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return do(ctx)
}
