package rollout

import (
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/penstock-go/penstock"
)

// addresses are ranges of IP addresses; a single address is a range of one. An
// IPv4 address that is written as IPv6 is both: it is in ranges of either.
type addresses []netip.Prefix

func (a addresses) match(value string) bool {
	ip, err := netip.ParseAddr(value)
	if err != nil {
		return false
	}
	ip = ip.WithZone("")
	short, mapped := ip.Unmap(), ip.Is4In6()
	for _, p := range a {
		if p.Contains(short) || mapped && p.Contains(ip) {
			return true
		}
	}
	return false
}

const notARange = "%q is not an IP address or CIDR range"

// newAddresses leaves out what is not an address or a range, and tells it with
// the path of the values.
func newAddresses(path string, values []string) (test, error) {
	all := make(addresses, 0, len(values))
	var faults []error
	for i, v := range values {
		p, ok := parseRange(v)
		if !ok {
			faults = append(faults, penstock.Invalid(fmt.Sprintf("%s[%d]", path, i), notARange, clip(v)))
			continue
		}
		all = append(all, p)
	}
	return all, errors.Join(faults...)
}

func parseRange(s string) (netip.Prefix, bool) {
	if !strings.Contains(s, "/") {
		ip, err := netip.ParseAddr(s)
		ip = ip.Unmap().WithZone("")
		return netip.PrefixFrom(ip, ip.BitLen()), err == nil
	}
	p, err := netip.ParsePrefix(s)
	if ip := p.Addr(); err == nil && ip.Is4In6() && p.Bits() >= 96 {
		p = netip.PrefixFrom(ip.Unmap(), p.Bits()-96)
	}
	return p, err == nil
}
