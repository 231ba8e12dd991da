package executor

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"syscall"

	"github.com/penstock-go/penstock/internal/publicnet"
)

// An addressGuard lets connections through to the public internet, and to the prefixes
// in it.
type addressGuard []netip.Prefix

// check is asked after a name was resolved, about the very address that is dialed, so
// that a name gains nothing by resolving to something else a moment later.
func (g addressGuard) check(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !g.allows(at.Addr()) {
		return &addressError{at.Addr()}
	}
	return nil
}

func (g addressGuard) allows(addr netip.Addr) bool {
	addr = addr.WithZone("").Unmap()
	within := func(p netip.Prefix) bool { return p.Contains(addr) }
	return slices.ContainsFunc(g, within) || publicnet.Contains(addr)
}

// An addressError names the address that was refused.
type addressError struct{ addr netip.Addr }

func (e *addressError) Error() string {
	return fmt.Sprintf("the address %s is not public, and the host does not allow it", e.addr)
}
