package rollout

import "net/netip"

// ranges adds the first and the last address of each range, and those beside it.
func (c *chooser) ranges() {
	for _, text := range c.hint.within.all() {
		p, ok := parseRange(text)
		if !ok {
			continue
		}
		first, last := p.Masked().Addr(), lastOf(p)
		for _, ip := range []netip.Addr{first, last, first.Prev(), last.Next()} {
			if !ip.IsValid() {
				continue
			}
			c.add(ip.String())
			if ip.Is4() {
				c.add(netip.AddrFrom16(ip.As16()).String()) // the same as IPv6 writes it
			}
		}
		c.series = append(c.series, addressesFrom(first.String()))
	}
	if c.hint.within.asked > 0 {
		c.add("192.0.2.1", "2001:db8::1")
	}
}

// lastOf returns the last address of a range.
func lastOf(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 1 << (7 - i%8)
	}
	ip, _ := netip.AddrFromSlice(b)
	return ip
}

// addressesFrom returns the addresses behind the first, which are asked for in order.
func addressesFrom(first string) func(int) string {
	ip, _ := netip.ParseAddr(first)
	return func(int) string {
		now := ip
		if ip = ip.Next(); !now.IsValid() {
			return first
		}
		return now.String()
	}
}
