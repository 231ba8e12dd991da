//go:build !unix

package executor

import (
	"context"
	"errors"
	"fmt"
)

// run refuses: without process groups nothing could end what a script has started.
func run(context.Context, *command) error {
	return fmt.Errorf("scripts run on Unix systems only: %w", errors.ErrUnsupported)
}
