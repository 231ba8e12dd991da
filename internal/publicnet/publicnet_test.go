package publicnet_test

import (
	"net/netip"
	"testing"

	"github.com/penstock-go/penstock/internal/publicnet"
)

func TestPublicAddresses(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]bool{
		"8.8.8.8":         true,
		"1.1.1.1":         true,
		"100.63.255.255":  true,
		"100.128.0.0":     true,
		"172.15.255.255":  true,
		"172.32.0.0":      true,
		"223.255.255.255": true,
		"0.0.0.0":         false,
		"0.1.2.3":         false,
		"10.255.255.255":  false,
		"100.64.0.1":      false,
		"100.100.100.200": false, // metadata
		"127.0.0.1":       false,
		"127.255.255.254": false,
		"168.63.129.16":   false, // metadata
		"169.254.169.254": false, // metadata
		"172.16.0.1":      false,
		"172.31.255.255":  false,
		"192.0.0.192":     false, // metadata
		"192.0.2.1":       false,
		"192.88.99.1":     false,
		"192.168.0.1":     false,
		"198.18.0.1":      false,
		"198.19.255.255":  false,
		"198.51.100.1":    false,
		"203.0.113.1":     false,
		"224.0.0.1":       false,
		"240.0.0.1":       false,
		"255.255.255.255": false,

		"2606:4700:4700::1111":              true,
		"2a00:1450:4001:82a::200e":          true,
		"::":                                false,
		"::1":                               false,
		"::8.8.8.8":                         false, // compatible: no longer in use
		"::ffff:8.8.8.8":                    true,
		"::ffff:127.0.0.1":                  false,
		"::ffff:10.0.0.1":                   false,
		"::ffff:0:127.0.0.1":                false,
		"64:ff9b::8.8.8.8":                  true,
		"64:ff9b::10.0.0.1":                 false,
		"64:ff9b::a9fe:a9fe":                false,
		"64:ff9b:1::8.8.8.8":                false,
		"100::1":                            false,
		"2001::1":                           false,
		"2001:0:4136:e378:8000:63bf:f5ff:1": false,
		"2001:db8::1":                       false,
		"2002:a00:1::1":                     false,
		"3fff::1":                           false,
		"4000::1":                           false,
		"fc00::1":                           false,
		"fd00:ec2::254":                     false, // metadata
		"fd20:ce::254":                      false, // metadata
		"fe80::1":                           false,
		"fe80::1%eth0":                      false,
		"2606:4700::1%eth0":                 true,
		"fec0::1":                           false,
		"ff02::1":                           false,
	} {
		if got := publicnet.Contains(netip.MustParseAddr(addr)); got != want {
			t.Errorf("Contains(%s) = %v", addr, got)
		}
	}
	if publicnet.Contains(netip.Addr{}) {
		t.Error("no address is public")
	}
}
