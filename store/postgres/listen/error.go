package listen

import (
	"context"
	"errors"
	"fmt"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
)

// connectError says why there is no connection, without what the driver says
// about where to: whoever writes a URL wrong can make a part of its password look
// like the name of a host or a database.
func connectError(err error) error {
	var refused *pgconn.PgError
	var system syscall.Errno
	switch {
	case errors.Is(err, context.Canceled):
		return context.Canceled
	case errors.Is(err, context.DeadlineExceeded):
		return context.DeadlineExceeded
	case errors.As(err, &refused):
		return fmt.Errorf("listen: the server refuses the connection: SQLSTATE %s", refused.Code)
	case errors.As(err, &system):
		return fmt.Errorf("listen: no connection: %w", system)
	default:
		return errors.New("listen: no connection")
	}
}
