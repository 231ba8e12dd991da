package outbox

import (
	"context"
	"fmt"
	"net/netip"
	"syscall"

	"github.com/penstock-go/penstock/internal/publicnet"
)

// dialPublic refuses to connect to an address that is not of the public internet. It is
// asked after the name was resolved, about the very address that is dialed, so
// that a name gains nothing by resolving to something else a moment later.
func dialPublic(_ context.Context, _, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !publicnet.Contains(at.Addr()) {
		return &privateError{at.Addr()}
	}
	return nil
}

// A privateError names the address that was refused.
type privateError struct{ addr netip.Addr }

func (e *privateError) Error() string {
	return fmt.Sprintf("the address %s is not public", e.addr)
}
