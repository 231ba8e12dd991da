package rollout_test

import (
	"testing"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

func TestConstraints(t *testing.T) {
	type values = []string
	const missing = ""
	for _, x := range []struct {
		rule   string
		op     rollout.Operator
		values values
		value  string // for operators of one value
		has    string // what the context has; missing if empty
		want   bool
	}{
		{"one of several", "IN", values{"a", "b"}, "", "b", true},
		{"whole values only", "IN", values{"ab"}, "", "a", false},
		{"case counts", "IN", values{"A"}, "", "a", false},
		{"IN nothing", "IN", nil, "", "a", false},
		{"missing is in nothing", "IN", values{""}, "", missing, false},
		{"values are not trimmed", "IN", values{" a"}, "", "a", false},
		{"not one of several", "NOT_IN", values{"a", "b"}, "", "c", true},
		{"NOT_IN one of them", "NOT_IN", values{"a", "b"}, "", "b", false},
		{"NOT_IN nothing", "NOT_IN", nil, "", "a", true},
		{"missing is not in", "NOT_IN", values{"a"}, "", missing, true},

		{"starts", "STR_STARTS_WITH", values{"x", "be"}, "", "beta", true},
		{"does not start", "STR_STARTS_WITH", values{"ta"}, "", "beta", false},
		{"ends", "STR_ENDS_WITH", values{"x", "ta"}, "", "beta", true},
		{"does not end", "STR_ENDS_WITH", values{"be"}, "", "beta", false},
		{"contains", "STR_CONTAINS", values{"x", "et"}, "", "beta", true},
		{"does not contain", "STR_CONTAINS", values{"tb"}, "", "beta", false},
		{"contains, by case", "STR_CONTAINS", values{"ET"}, "", "beta", false},
		{"missing contains nothing", "STR_CONTAINS", values{""}, "", missing, false},
		{"no values", "STR_STARTS_WITH", nil, "", "beta", false},

		{"12 equals 12.0", "NUM_EQ", nil, "12.0", "12", true},
		{"12 is not 13", "NUM_EQ", nil, "13", "12", false},
		{"greater", "NUM_GT", nil, "-1.5", "-1.25", true},
		{"not greater", "NUM_GT", nil, "5", "5", false},
		{"greater or equal", "NUM_GTE", nil, "5", "5", true},
		{"as numbers, not as texts", "NUM_GTE", nil, "9", "10", true},
		{"less", "NUM_LT", nil, "1e2", "99", true},
		{"not less", "NUM_LT", nil, "5", "5", false},
		{"less or equal", "NUM_LTE", nil, "5", "5.000", true},
		{"a text is no number", "NUM_GT", nil, "5", "ten", false},
		{"hexadecimal is no number", "NUM_GT", nil, "5", "0x1p4", false},
		{"infinity is no number", "NUM_GT", nil, "5", "Inf", false},
		{"too much is no number", "NUM_GT", nil, "5", "1e400", false},
		{"spaces are no number", "NUM_EQ", nil, "5", " 5", false},
		{"nothing is no number", "NUM_LT", nil, "5", missing, false},
		{"a bad value", "NUM_LT", nil, "five", "4", false},
		{"a point alone", "NUM_EQ", nil, "0", ".", false},
		{"an exponent alone", "NUM_EQ", nil, "1", "1e", false},

		{"after", "DATE_AFTER", nil, "2026-03-01T11:59:59Z", "2026-03-01T12:00:00.000Z", true},
		{"not after itself", "DATE_AFTER", nil, "2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000Z", false},
		{"after, by offset", "DATE_AFTER", nil, "2026-03-01T12:30:00+01:00", "2026-03-01T12:00:00Z", true},
		{"before", "DATE_BEFORE", nil, "2026-03-01T12:00:00.001Z", "2026-03-01T12:00:00Z", true},
		{"not before itself", "DATE_BEFORE", nil, "2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00Z", false},
		{"fractions of any length", "DATE_AFTER", nil, "2026-03-01T12:00:00.1234567891Z", "2026-03-01T12:00:00.123456790Z", true},
		{"small letters", "DATE_AFTER", nil, "2026-03-01t12:00:00z", "2026-03-01t12:00:01.5z", true},
		{"a day of a leap year", "DATE_AFTER", nil, "2028-02-28T00:00:00Z", "2028-02-29T00:00:00-23:59", true},
		{"no such day", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-02-29T00:00:00Z", false},
		{"no such month", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-13-01T00:00:00Z", false},
		{"no such hour", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T24:00:00Z", false},
		{"no such minute", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T00:60:00Z", false},
		{"no such second", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T00:00:60Z", false},
		{"an hour of one digit", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T1:00:00Z", false},
		{"a comma", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T12:00:00,5Z", false},
		{"a point alone behind seconds", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T12:00:00.Z", false},
		{"a point at the end", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T12:00:00.", false},
		{"no such offset", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T12:00:00+24:00", false},
		{"no such offset, in minutes", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T12:00:00+01:60", false},
		{"an offset without colon", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T12:00:00+0100", false},
		{"no offset", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T12:00:00", false},
		{"no seconds", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T12:00Z", false},
		{"a space for the T", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01 12:00:00Z", false},
		{"something behind it", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01T12:00:00Zz", false},
		{"a day is no instant", "DATE_AFTER", nil, "2020-01-01", "2026-03-01T12:00:00Z", false},
		{"a day is no instant, on the other side", "DATE_AFTER", nil, "2020-01-01T00:00:00Z", "2026-03-01", false},

		{"same precedence", "SEMVER_EQ", nil, "1.2.3", "1.2.3+build.9", true},
		{"another pre-release", "SEMVER_EQ", nil, "1.2.3-a", "1.2.3-b", false},
		{"greater version", "SEMVER_GT", nil, "1.2.9", "1.2.10", true},
		{"a release is greater than its pre-release", "SEMVER_GT", nil, "1.2.3-rc.1", "1.2.3", true},
		{"greater or equal version", "SEMVER_GTE", nil, "1.2.3", "1.2.3", true},
		{"not greater or equal", "SEMVER_GTE", nil, "1.2.3", "1.2.3-rc.1", false},
		{"less version", "SEMVER_LT", nil, "1.0.0-beta.11", "1.0.0-beta.2", true},
		{"not less", "SEMVER_LT", nil, "1.0.0", "1.0.0", false},
		{"less or equal version", "SEMVER_LTE", nil, "1.0.0", "1.0.0", true},
		{"not less or equal", "SEMVER_LTE", nil, "1.0.0", "1.0.1", false},
		{"no leading v", "SEMVER_GT", nil, "1.0.0", "v2.0.0", false},
		{"no part of a version", "SEMVER_GT", nil, "1.0.0", "2.0", false},
		{"a bad version", "SEMVER_GT", nil, "1", "2.0.0", false},
		{"no version", "SEMVER_LT", nil, "1.0.0", missing, false},

		{"found anywhere", "REGEX", nil, "b.d", "abcde", true},
		{"anchored", "REGEX", nil, "^b", "abcde", false},
		{"a pattern with case", "REGEX", nil, "ABC", "abcde", false},
		{"a pattern for everything", "REGEX", nil, ".*", missing, false},
		{"a bad pattern", "REGEX", nil, "(", "(", false},
		{"no look-ahead", "REGEX", nil, "a(?=b)", "ab", false},
		{"no back-references", "REGEX", nil, `(a)\1`, "aa", false},

		{"in a range", "IN_CIDR", values{"10.0.0.0/8"}, "", "10.200.3.4", true},
		{"a bad range is passed over", "IN_CIDR", values{"10.0.0.0/33", "x", "10.0.0.0/8"}, "", "10.200.3.4", true},
		{"the same address", "IN_CIDR", values{"10.0.0.1"}, "", "10.0.0.1", true},
		{"not in a range", "IN_CIDR", values{"10.0.0.0/8"}, "", "11.0.0.1", false},
		{"in a range of IPv6", "IN_CIDR", values{"2001:db8::/32"}, "", "2001:0db8::7", true},
		{"IPv4 written as IPv6", "IN_CIDR", values{"10.0.0.0/8"}, "", "::ffff:10.0.0.1", true},
		{"a range of IPv4 written as IPv6", "IN_CIDR", values{"::ffff:10.0.0.0/104"}, "", "10.0.0.1", true},
		{"IPv4 written as IPv6, in a range of IPv6", "IN_CIDR", values{"::/0"}, "", "::ffff:10.0.0.1", true},
		{"IPv4 written as IPv6, in a range around them all", "IN_CIDR", values{"::ffff:0:0/95"}, "", "::ffff:10.0.0.1", true},
		{"IPv4 is not in IPv6", "IN_CIDR", values{"::/0"}, "", "10.0.0.1", false},
		{"a zone does not count", "IN_CIDR", values{"fe80::/10"}, "", "fe80::1%eth0", true},
		{"IPv6 is not in IPv4", "IN_CIDR", values{"0.0.0.0/0"}, "", "2001:db8::1", false},
		{"no address is in a range", "IN_CIDR", values{"0.0.0.0/0"}, "", "localhost", false},
		{"missing is in no range", "IN_CIDR", values{"0.0.0.0/0"}, "", missing, false},
	} {
		t.Run(string(x.op)+"/"+x.rule, func(t *testing.T) {
			c := rollout.Constraint{ContextName: "field", Operator: x.op, Values: x.values, Value: x.value}
			ctx := props("field", x.has, "other", "b")
			enabled(t, x.want, ctx, flag(everyone(c)))
			c.Inverted = true // whatever led to the result
			enabled(t, !x.want, ctx, flag(everyone(c)))
			if x.has == missing {
				c.Inverted = false
				enabled(t, x.want, nil, flag(everyone(c)))
			}
		})
	}
}

func TestConstraintsIgnoringCase(t *testing.T) {
	for _, x := range []struct {
		op       rollout.Operator
		value    string
		has      string
		want     bool
		wantCase bool
	}{
		{"STR_STARTS_WITH", "BE", "beta", true, false},
		{"STR_ENDS_WITH", "ÄU", "Umbäu", true, false},
		{"STR_CONTAINS", "eT", "BETA", true, false},
		{"STR_CONTAINS", "x", "BETA", false, false},
		{"REGEX", "^b.T", "BETA", true, false},
		{"IN", "BETA", "beta", false, false}, // never ignores case
	} {
		c := rollout.Constraint{ContextName: "field", Operator: x.op, Values: []string{"nothing", x.value}, Value: x.value}
		enabled(t, x.wantCase, props("field", x.has), flag(everyone(c)))
		c.CaseInsensitive = true
		enabled(t, x.want, props("field", x.has), flag(everyone(c)))
	}
}

func TestUnknownOperatorIsFalseEvenInverted(t *testing.T) {
	for _, op := range []rollout.Operator{"", "in", "LIKE"} {
		for _, inverted := range []bool{false, true} {
			for _, ctx := range []*rollout.Context{user("a"), nil} {
				enabled(t, false, ctx, flag(everyone(rollout.Constraint{ContextName: "userId", Operator: op, Values: []string{"a"}, Inverted: inverted})))
			}
		}
	}
}

func TestMissingCurrentTimeIsNow(t *testing.T) {
	at := func(op rollout.Operator, field, value string, inverted bool) rollout.Feature {
		return flag(everyone(rollout.Constraint{ContextName: field, Operator: op, Value: value, Inverted: inverted}))
	}
	enabled(t, true, nil, at("DATE_AFTER", "currentTime", "2026-03-01T11:59:59Z", false))
	enabled(t, false, nil, at("DATE_AFTER", "currentTime", "2026-03-01T12:00:00Z", false))
	enabled(t, true, nil, at("DATE_BEFORE", "currentTime", "2026-03-01T12:00:01Z", false))
	enabled(t, false, nil, at("DATE_BEFORE", "currentTime", "2026-03-01T12:00:01Z", true))
	enabled(t, false, &rollout.Context{CurrentTime: "2027-01-01T00:00:00Z"}, at("DATE_BEFORE", "currentTime", "2026-03-01T12:00:01Z", false))
	enabled(t, false, &rollout.Context{CurrentTime: "soon"}, at("DATE_AFTER", "currentTime", "2020-01-01T00:00:00Z", false))
	enabled(t, false, nil, at("DATE_AFTER", "signup", "2020-01-01T00:00:00Z", false)) // only that field has a default
	enabled(t, true, props("signup", "2026-01-01T00:00:00Z"), at("DATE_AFTER", "signup", "2020-01-01T00:00:00Z", false))
}

// Standard names never mean a property.
func TestFields(t *testing.T) {
	ctx := &rollout.Context{
		UserID: "u", SessionID: "s", RemoteAddress: "r", Environment: "e", AppName: "a", CurrentTime: "c",
		Properties: map[string]string{"userId": "p", "custom": "x", "": "y"},
	}
	for field, has := range map[string]string{
		"userId": "u", "sessionId": "s", "remoteAddress": "r", "environment": "e", "appName": "a", "currentTime": "c", "custom": "x",
	} {
		enabled(t, true, ctx, flag(everyone(in(field, has))))
	}
	enabled(t, false, ctx, flag(everyone(in("userId", "p"))))
	enabled(t, false, ctx, flag(everyone(in("", "y"))))
	enabled(t, false, props("userId", "p"), flag(everyone(in("userId", "p"))))
	// One property after the other: what was read last is not taken for another.
	enabled(t, true, props("a", "1", "b", "2"), flag(everyone(in("a", "1"), in("b", "2"), in("a", "1"), in("b", "2"))))
	enabled(t, false, props("a", "1", "b", "2"), flag(everyone(in("a", "1"), in("b", "1"))))
}
