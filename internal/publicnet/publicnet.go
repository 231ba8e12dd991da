// Package publicnet knows which addresses are of the public internet. What connects
// to addresses that strangers name asks it first.
package publicnet

import "net/netip"

// Contains reports whether an address is of the public internet, as the registries of
// IANA for special addresses have it.
func Contains(addr netip.Addr) bool {
	addr = addr.WithZone("").Unmap()
	if addr.Is6() && translated.Contains(addr) {
		a := addr.As16()
		addr = netip.AddrFrom4([4]byte(a[12:]))
	}
	if !addr.IsValid() || addr.Is6() && !global.Contains(addr) {
		return false
	}
	for _, p := range special {
		if p.Contains(addr) {
			return false
		}
	}
	return true
}

var (
	global     = netip.MustParsePrefix("2000::/3")     // all that IPv6 has given out: loopback, ULA, link-local, multicast … lie outside
	translated = netip.MustParsePrefix("64:ff9b::/96") // an IPv4 address behind NAT64
	special    = prefixes(                             // what is not public although it looks like it
		"0.0.0.0/8",        // this network
		"10.0.0.0/8",       // private
		"100.64.0.0/10",    // behind a carrier's NAT; a cloud's metadata
		"127.0.0.0/8",      // loopback
		"168.63.129.16/32", // a cloud's metadata at a public address
		"169.254.0.0/16",   // link-local; most clouds' metadata
		"172.16.0.0/12",    // private
		"192.0.0.0/24",     // protocol assignments; a cloud's metadata
		"192.0.2.0/24",     // documentation
		"192.88.99.0/24",   // 6to4 relays
		"192.168.0.0/16",   // private
		"198.18.0.0/15",    // benchmarks
		"198.51.100.0/24",  // documentation
		"203.0.113.0/24",   // documentation
		"224.0.0.0/4",      // multicast
		"240.0.0.0/4",      // reserved; broadcast
		"2001::/23",        // protocol assignments; Teredo, which can lead to a private IPv4 address
		"2001:db8::/32",    // documentation
		"2002::/16",        // 6to4, which can lead to a private IPv4 address
		"3fff::/20",        // documentation
	)
)

func prefixes(list ...string) []netip.Prefix {
	all := make([]netip.Prefix, len(list))
	for i, p := range list {
		all[i] = netip.MustParsePrefix(p)
	}
	return all
}
