package executor

import (
	"net/netip"
	"testing"
)

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		addr string
		want bool
	}{
		{"1.1.1.1", true}, {"8.8.8.8", true}, {"172.32.0.1", true}, {"100.128.0.1", true}, {"2606:4700::1111", true}, {"::ffff:1.1.1.1", true}, {"64:ff9b::1.1.1.1", true},
		{"0.0.0.0", false}, {"10.1.2.3", false}, {"100.64.0.1", false}, {"100.100.100.200", false}, {"127.0.0.1", false}, {"168.63.129.16", false}, {"169.254.169.254", false},
		{"172.16.0.1", false}, {"172.31.255.255", false}, {"192.0.0.192", false}, {"192.0.2.1", false}, {"192.88.99.1", false}, {"192.168.0.1", false}, {"198.18.0.1", false},
		{"198.51.100.1", false}, {"203.0.113.1", false}, {"224.0.0.1", false}, {"240.0.0.1", false}, {"255.255.255.255", false},
		{"::", false}, {"::1", false}, {"fe80::1%eth0", false}, {"fd00::1", false}, {"fd00:ec2::254", false}, {"ff02::1", false}, {"2001::1", false}, {"2001:db8::1", false},
		{"2002:7f00:1::", false}, {"3fff::1", false}, {"::ffff:127.0.0.1", false}, {"64:ff9b::127.0.0.1", false}, {"::127.0.0.1", false},
	} {
		if got := (addressGuard{}).allows(netip.MustParseAddr(test.addr)); got != test.want {
			t.Errorf("%s: got %t", test.addr, got)
		}
	}
	if (addressGuard{}).allows(netip.Addr{}) {
		t.Error("no address is public")
	}
	if err := (addressGuard{}).check(t.Context(), "unix", "/socket", nil); err == nil {
		t.Error("a path is public")
	}
}
