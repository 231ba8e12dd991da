package rollout_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// one returns a constraint with one value.
func one(field string, operator rollout.Operator, value string) rollout.Constraint {
	return rollout.Constraint{ContextName: field, Operator: operator, Value: value}
}

// any of the values fits.
func of(field string, operator rollout.Operator, values ...string) rollout.Constraint {
	return rollout.Constraint{ContextName: field, Operator: operator, Values: values}
}

func inverted(c rollout.Constraint) rollout.Constraint { c.Inverted = true; return c }

func anyCase(c rollout.Constraint) rollout.Constraint { c.CaseInsensitive = true; return c }

func with(s rollout.Strategy, constraints ...rollout.Constraint) rollout.Strategy {
	s.Constraints = constraints
	return s
}

func inSegments(s rollout.Strategy, segments ...int) rollout.Strategy {
	s.Segments = segments
	return s
}

func off(s rollout.Strategy) rollout.Strategy { s.Disabled = true; return s }

// share is a flexibleRollout.
func share(rollouts string, more ...string) rollout.Strategy {
	return strategy(rollout.FlexibleRollout, append([]string{"rollout", rollouts}, more...)...)
}

func list(all ...rollout.Strategy) []rollout.Strategy { return all }

var lossSegments = []rollout.Segment{
	{ID: 1, Constraints: []rollout.Constraint{in("country", "de", "se")}},
	{ID: 2, Constraints: []rollout.Constraint{one("age", rollout.NumGTE, "18")}},
	{ID: 3},
}

// losses are pairs that take the feature away from somebody, and why.
var losses = []struct {
	rule          string
	before, after []rollout.Strategy
	why           string
}{
	{"group id", list(share("50", "groupId", "a")), list(share("50", "groupId", "b")),
		`the group id changes from "a" to "b", so that other people are drawn`},
	{"group id, though the rollout is raised", list(share("10", "groupId", "a")), list(share("90", "groupId", "b")),
		`the group id changes from "a" to "b", so that other people are drawn`},
	{"group id given up for the feature's name", list(share("5", "groupId", "a")), list(share("5")),
		`the group id changes from "a" to "f", so that other people are drawn`},
	{"group id at 1 percent", list(share("1", "groupId", "a")), list(share("1", "groupId", "b")),
		`the group id changes from "a" to "b", so that other people are drawn`},
	{"group id at 99 percent", list(share("99", "groupId", "a")), list(share("99", "groupId", "b")),
		`the group id changes from "a" to "b", so that other people are drawn`},
	{"stickiness", list(share("50", "stickiness", "userId")), list(share("50", "stickiness", "sessionId")),
		`the stickiness changes from "userId" to "sessionId", so that other people are drawn`},
	{"stickiness to a field that may be missing", list(share("100")), list(share("100", "stickiness", "tenant")),
		`the stickiness changes from "default" to "tenant", so that other people are drawn`},
	{"stickiness given up", list(share("50", "stickiness", "userId")), list(share("90", "stickiness", "random")),
		`the stickiness changes from "userId" to "random", so that other people are drawn`},
	{"stickiness that sessions have no part in", list(share("50")), list(share("50", "stickiness", "userId")),
		`the stickiness changes from "default" to "userId", so that other people are drawn`},
	{"rollout lowered", list(share("50")), list(share("25")), `the rollout is lowered from 50 to 25`},
	{"rollout lowered by one", list(share("100", "stickiness", "tenant")), list(share("99", "stickiness", "tenant")), `the rollout is lowered from 100 to 99`},
	{"rollout lowered to nothing", list(share("1")), list(share("0")), `the rollout is lowered from 1 to 0`},
	{"rollout that is no number", list(share("1")), list(share("half")), `the rollout "half" is not a number`},
	{"group id and rollout", list(share("50", "groupId", "a")), list(share("25", "groupId", "b")),
		`the group id changes from "a" to "b", so that other people are drawn, and the rollout is lowered from 50 to 25`},
	{"percentage lowered", list(strategy(rollout.GradualUserID, "percentage", "30", "groupId", "g")), list(strategy(rollout.GradualUserID, "percentage", "20", "groupId", "g")),
		`the percentage is lowered from 30 to 20`},
	{"random rollout lowered", list(share("50", "stickiness", "random")), list(share("49", "stickiness", "random")), `the rollout is lowered from 50 to 49`},
	{"random percentage lowered", list(strategy(rollout.GradualRandom, "percentage", "30")), list(strategy(rollout.GradualRandom, "percentage", "20")),
		`the percentage is lowered from 30 to 20`},
	{"one random draw of two", list(share("50", "stickiness", "random"), share("50", "stickiness", "random")), list(share("60", "stickiness", "random")),
		`strategy 1 (flexibleRollout) is not there any more`},
	{"constraint added", list(everyone()), list(everyone(in("country", "de"))), `the constraint country IN ["de"] is added`},
	{"inverted constraint added", list(everyone()), list(everyone(inverted(in("country", "de")))), `the constraint country not IN ["de"] is added`},
	{"constraint added beside a rollout", list(share("1")), list(with(share("1"), in("country", "de"))), `the constraint country IN ["de"] is added`},
	{"constraint on the id of a rollout", list(share("5")), list(with(share("5"), inverted(of("userId", rollout.EndsWith, "@example.com")))),
		`the constraint userId not STR_ENDS_WITH ["@example.com"] is added`},
	{"value of a list taken away", list(everyone(in("country", "de", "se", "dk"))), list(everyone(in("country", "de", "se"))),
		`the constraint country IN ["de", "se", "dk"] becomes country IN ["de", "se"]`},
	{"value excluded", list(everyone(of("country", rollout.NotIn, "de"))), list(everyone(of("country", rollout.NotIn, "de", "se"))), `the constraint country NOT_IN ["de"] becomes country NOT_IN ["de", "se"]`},
	{"field made necessary", list(everyone(of("country", rollout.NotIn, "de"))), list(everyone(inverted(in("city", "bonn")), of("country", rollout.NotIn, "de"))), `the constraint city not IN ["bonn"] is added`},
	{"case counts", list(everyone(anyCase(of("mail", rollout.EndsWith, "@Example.com")))), list(everyone(of("mail", rollout.EndsWith, "@Example.com"))),
		`the constraint mail STR_ENDS_WITH ["@Example.com"] in any case becomes mail STR_ENDS_WITH ["@Example.com"]`},
	{"longer prefix", list(everyone(of("sku", rollout.StartsWith, "a"))), list(everyone(of("sku", rollout.StartsWith, "ab"))), `the constraint sku STR_STARTS_WITH ["a"] becomes sku STR_STARTS_WITH ["ab"]`},
	{"prefix and suffix and part", list(everyone(of("sku", rollout.StartsWith, "a"), of("sku", rollout.EndsWith, "z"))),
		list(everyone(of("sku", rollout.StartsWith, "a"), of("sku", rollout.EndsWith, "z"), of("sku", rollout.Contains, "m"))), `the constraint sku STR_CONTAINS ["m"] is added`},
	{"two parts", list(everyone(of("email", rollout.Contains, "ann"), of("email", rollout.Contains, "corp"))), nil, `no strategy is left`},
	{"three parts, in any case, behind a beginning", list(everyone(of("email", rollout.StartsWith, "x-"), anyCase(of("email", rollout.Contains, "ANN")), of("email", rollout.Contains, "corp"), of("email", rollout.Contains, "orpan"))), nil, `no strategy is left`},
	{"end, but not after a pattern", list(everyone(of("email", rollout.EndsWith, "@corp.com"))), list(everyone(of("email", rollout.EndsWith, "@corp.com"), inverted(one("email", rollout.MatchRegexp, "^(test|bot)-")))),
		`the constraint email not REGEX "^(test|bot)-" is added`},
	{"end, but not before a pattern", list(everyone(of("email", rollout.StartsWith, "ann"))), list(everyone(of("email", rollout.StartsWith, "ann"), inverted(one("email", rollout.MatchRegexp, "[.]de@corp$")))),
		`the constraint email not REGEX "[.]de@corp$" is added`},
	{"pattern in the middle", list(everyone(of("email", rollout.EndsWith, "corp.com"))), list(everyone(of("email", rollout.EndsWith, "corp.com"), inverted(one("email", rollout.MatchRegexp, "[.]de@corp")))),
		`the constraint email not REGEX "[.]de@corp" is added`},
	{"part, but not a pattern", list(everyone(of("userId", rollout.Contains, "7"))), list(everyone(of("userId", rollout.Contains, "7"), inverted(one("userId", rollout.MatchRegexp, "[0-4]$")))),
		`the constraint userId not REGEX "[0-4]$" is added`},
	{"part of an id with a rollout, but not a pattern", list(with(share("5", "groupId", "a"), of("userId", rollout.Contains, "7"), inverted(one("userId", rollout.MatchRegexp, "[0-4]$")))),
		list(with(share("5", "groupId", "b"), of("userId", rollout.Contains, "7"), inverted(one("userId", rollout.MatchRegexp, "[0-4]$")))),
		`the group id changes from "a" to "b", so that other people are drawn`},
	{"two patterns", list(everyone(one("sku", rollout.MatchRegexp, `^[a-c]+\d{3}`), one("sku", rollout.MatchRegexp, `\bxy\b`))), nil, `no strategy is left`},
	{"two patterns beside others that are hard together", list(everyone(one("sku", rollout.MatchRegexp, `^[a-c]+\d{3}`), one("sku", rollout.MatchRegexp, `\bxy\b`))),
		list(everyone(many(6, func(i int) rollout.Constraint { return one("sku", rollout.MatchRegexp, fmt.Sprintf("[a%d].{20}c", i)) })...)), `the constraint sku REGEX`},
	{"pattern around a part", list(everyone(one("sku", rollout.MatchRegexp, `^\S{3,20}$`), of("sku", rollout.Contains, "äß"))), nil, `no strategy is left`},
	{"long parts", list(everyone(of("sku", rollout.Contains, strings.Repeat("a", 100)), of("sku", rollout.Contains, strings.Repeat("b", 100)), of("sku", rollout.EndsWith, strings.Repeat("c", 100)))), nil, `no strategy is left`},
	{"parts of long lists", list(everyone(of("mail", rollout.Contains, many(100, func(i int) string { return fmt.Sprint("value-one-", i) })...), of("mail", rollout.Contains, many(100, func(i int) string { return fmt.Sprint("value-two-", i) })...))), nil, `no strategy is left`},
	{"beginnings and ends of long lists", list(everyone(long("mail", 250, 1), of("mail", rollout.StartsWith, strings.Split(users(250), ",")[:250]...), of("mail", rollout.EndsWith, strings.Split(users(250), ",")[:250]...))), nil, `no strategy is left`},
	{"very long value", list(everyone(one("sku", rollout.MatchRegexp, "^"+strings.Repeat("a", 900)+"$"))), nil, `no strategy is left`},
	{"number", list(everyone(one("age", rollout.NumGTE, "18"))), list(everyone(one("age", rollout.NumGT, "18"))), `the constraint age NUM_GTE "18" becomes age NUM_GT "18"`},
	{"fraction of a number", list(everyone(one("age", rollout.NumGTE, "18"))), list(everyone(one("age", rollout.NumGTE, "18.0000001"))), `the constraint age NUM_GTE "18" becomes age NUM_GTE "18.0000001"`},
	{"number between two", list(everyone(one("n", rollout.NumGT, "1"), one("n", rollout.NumLT, "1.5"))), list(everyone(one("n", rollout.NumGT, "1"), one("n", rollout.NumLT, "1.25"))), `the constraint n NUM_LT "1.5" becomes n NUM_LT "1.25"`},
	{"only between two numbers", list(everyone(one("n", rollout.NumGT, "1"))), list(everyone(one("n", rollout.NumGTE, "1.25"))), `the constraint n NUM_GT "1" becomes n NUM_GTE "1.25"`},
	{"huge number", list(everyone(one("n", rollout.NumGTE, "1e300"))), list(everyone(one("n", rollout.NumEQ, "1e300"))), `the constraint n NUM_GTE "1e300" becomes n NUM_EQ "1e300"`},
	{"version", list(everyone(one("app", rollout.SemverGT, "1.9.0"))), list(everyone(one("app", rollout.SemverGTE, "2.0.0"))), `the constraint app SEMVER_GT "1.9.0" becomes app SEMVER_GTE "2.0.0"`},
	{"version's first pre-release", list(everyone(one("app", rollout.SemverGT, "1.9.0"))), list(everyone(one("app", rollout.SemverGT, "1.9.1-0"))), `the constraint app SEMVER_GT "1.9.0" becomes app SEMVER_GT "1.9.1-0"`},
	{"date", list(everyone(one("currentTime", rollout.DateAfter, "2026-03-01T12:00:00Z"))), list(everyone(one("currentTime", rollout.DateAfter, "2026-03-01T12:00:01Z"))),
		`the constraint currentTime DATE_AFTER "2026-03-01T12:00:00Z" becomes currentTime DATE_AFTER "2026-03-01T12:00:01Z"`},
	{"date of a property", list(everyone(one("joined", rollout.DateBefore, "2026-03-02T12:00:00Z"))), list(everyone(one("joined", rollout.DateBefore, "2026-03-01T12:00:00+01:00"))),
		`the constraint joined DATE_BEFORE "2026-03-02T12:00:00Z" becomes joined DATE_BEFORE "2026-03-01T12:00:00+01:00"`},
	{"date before the next nanosecond", list(everyone(one("joined", rollout.DateAfter, "2026-03-01T12:00:00Z"))), list(everyone(one("joined", rollout.DateAfter, "2026-03-01T12:00:00.000000001Z"))),
		`the constraint joined DATE_AFTER "2026-03-01T12:00:00Z" becomes joined DATE_AFTER "2026-03-01T12:00:00.000000001Z"`},
	{"only the nanosecond between two dates", list(everyone(one("joined", rollout.DateAfter, "2026-03-01T12:00:00Z"), one("joined", rollout.DateBefore, "2026-03-01T12:00:00.000000002Z"))), nil, `no strategy is left`},
	{"a nanosecond more", list(everyone(one("joined", rollout.DateAfter, "2026-03-01T12:00:00Z"), one("joined", rollout.DateBefore, "2026-03-01T12:00:00.5Z"))),
		list(everyone(one("joined", rollout.DateAfter, "2026-03-01T12:00:00.000000001Z"), one("joined", rollout.DateBefore, "2026-03-01T12:00:00.5Z"))),
		`the constraint joined DATE_AFTER "2026-03-01T12:00:00Z" becomes joined DATE_AFTER "2026-03-01T12:00:00.000000001Z"`},
	{"a nanosecond less", list(everyone(one("joined", rollout.DateAfter, "2026-03-01T12:00:00.5Z"), one("joined", rollout.DateBefore, "2026-03-01T12:00:01Z"))),
		list(everyone(one("joined", rollout.DateAfter, "2026-03-01T12:00:00.5Z"), one("joined", rollout.DateBefore, "2026-03-01T12:00:00.999999999Z"))),
		`the constraint joined DATE_BEFORE "2026-03-01T12:00:01Z" becomes joined DATE_BEFORE "2026-03-01T12:00:00.999999999Z"`},
	{"end added", list(everyone()), list(everyone(one("currentTime", rollout.DateBefore, "2027-01-01T00:00:00Z"))), `the constraint currentTime DATE_BEFORE "2027-01-01T00:00:00Z" is added`},
	{"smaller range", list(everyone(of("ip", rollout.InCIDR, "10.0.0.0/8"))), list(everyone(of("ip", rollout.InCIDR, "10.0.0.0/9"))), `the constraint ip IN_CIDR ["10.0.0.0/8"] becomes ip IN_CIDR ["10.0.0.0/9"]`},
	{"hole in a range", list(everyone(of("ip", rollout.InCIDR, "2001:db8::/32"))), list(everyone(of("ip", rollout.InCIDR, "2001:db8::/32"), inverted(of("ip", rollout.InCIDR, "2001:db8:1::/48")))), `the constraint ip not IN_CIDR ["2001:db8:1::/48"] is added`},
	{"middle of a range", list(everyone(of("ip", rollout.InCIDR, "10.0.0.0/8"))), list(everyone(of("ip", rollout.InCIDR, "10.0.0.0/16", "10.255.0.0/16"))), `the constraint ip IN_CIDR ["10.0.0.0/8"] becomes ip IN_CIDR ["10.0.0.0/16", "10.255.0.0/16"]`},
	{"pattern", list(everyone(one("mail", rollout.MatchRegexp, `^[a-z]+@(example|test)\.com$`))), list(everyone(one("mail", rollout.MatchRegexp, `^[a-z]+@example\.com$`))), `the constraint mail REGEX "^[a-z]+@(example|test)\\.com$" becomes mail REGEX "^[a-z]+@example\\.com$"`},
	{"pattern of an id with a rollout", list(with(share("20", "groupId", "a"), one("userId", rollout.MatchRegexp, `^emp-[0-9]{4}$`))), list(with(share("20", "groupId", "b"), one("userId", rollout.MatchRegexp, `^emp-[0-9]{4}$`))),
		`the group id changes from "a" to "b", so that other people are drawn`},
	{"beginning of an id with a rollout", list(with(share("2", "groupId", "a"), one("userId", rollout.MatchRegexp, `^emp`))), list(with(share("2", "groupId", "b"), one("userId", rollout.MatchRegexp, `^emp`))),
		`the group id changes from "a" to "b", so that other people are drawn`},
	{"prefix and suffix of an id with a rollout", list(with(share("5", "groupId", "a"), of("userId", rollout.StartsWith, "emp-"), of("userId", rollout.EndsWith, "@corp"))),
		list(with(share("5", "groupId", "b"), of("userId", rollout.StartsWith, "emp-"), of("userId", rollout.EndsWith, "@corp"))),
		`the group id changes from "a" to "b", so that other people are drawn`},
	{"number of an id with a rollout", list(with(share("5", "stickiness", "account", "groupId", "a"), one("account", rollout.NumGT, "1000000"))),
		list(with(share("5", "stickiness", "account", "groupId", "b"), one("account", rollout.NumGT, "1000000"))),
		`the group id changes from "a" to "b", so that other people are drawn`},
	{"operator", list(everyone(in("country", "de"))), list(everyone(of("country", rollout.NotIn, "de"))), `the constraint country IN ["de"] becomes country NOT_IN ["de"]`},
	{"operator nobody knows", list(everyone()), list(everyone(one("country", "LIKE", "de"))), `the constraint country LIKE "de" is added`},
	{"segment added", list(everyone()), list(inSegments(everyone(), 1)), `segment 1 is added`},
	{"segment changed", list(inSegments(everyone(), 1)), list(inSegments(everyone(), 2)), `segment 2 is added`},
	{"segment added beside a rollout", list(inSegments(share("25"), 1)), list(inSegments(share("25"), 1, 2)), `segment 2 is added`},
	{"segment that nobody knows", list(inSegments(everyone(), 3)), list(inSegments(everyone(), 9)), `segment 9 is added`},
	{"user taken away", list(strategy(rollout.UserWithID, "userIds", "ann,bob")), list(strategy(rollout.UserWithID, "userIds", "ann, cem")), `userId "bob" is no longer in userIds`},
	{"user taken from many", list(strategy(rollout.UserWithID, "userIds", users(9000))), list(strategy(rollout.UserWithID, "userIds", users(8999))), `userId "u8999" is no longer in userIds`},
	{"address taken away", list(strategy(rollout.RemoteAddress, "IPs", "10.0.0.1, 10.1.0.0/16")), list(strategy(rollout.RemoteAddress, "IPs", "10.1.0.0/16")), `remoteAddress "10.0.0.1" is no longer in IPs`},
	{"host taken away", list(strategy(rollout.ApplicationHostname, "hostNames", "web-1,web-2")), list(strategy(rollout.ApplicationHostname, "hostNames", "web-1")), `host "web-2" is no longer in hostNames`},
	{"strategy removed", list(strategy(rollout.UserWithID, "userIds", "ann,bob,cem,dora,eve"), share("5")), list(share("5")), `strategy 0 (userWithId) is not there any more`},
	{"strategy disabled", list(strategy(rollout.UserWithID, "userIds", "ann,bob,cem,dora,eve"), share("5")), list(off(strategy(rollout.UserWithID, "userIds", "ann,bob,cem,dora,eve")), share("5")), `strategy 0 (userWithId) is disabled`},
	{"every strategy disabled", list(share("50")), list(off(share("50"))), `every strategy is disabled`},
	{"no strategy left", list(share("50")), nil, `no strategy is left`},
	{"another strategy", list(strategy(rollout.UserWithID, "userIds", "ann,bob,cem,dora,eve")), list(share("5")), `the strategy changes from userWithId to flexibleRollout`},
	{"for everyone no more", list(everyone()), list(share("99")), `the strategy changes from default to flexibleRollout`},
	{"one of several", list(with(share("30"), in("country", "de")), with(share("30"), in("country", "se"))), list(with(share("50"), in("country", "de")), with(share("20"), in("country", "se"))), `the rollout is lowered from 30 to 20`},
	{"together no more", list(share("30", "groupId", "a"), share("30", "groupId", "b")), list(share("40", "groupId", "a")), `strategy 1 (flexibleRollout) is not there any more`},
	{"unknown strategy constrained", list(everyone(), strategy("byMoon"))[1:], list(with(strategy("byMoon"), in("country", "de"))), `the constraint country IN ["de"] is added`},
	{"unknown strategy removed", list(strategy("byMoon"), share("50")), list(share("50")), `strategy 0 (byMoon) is not there any more`},
	{"custom strategy changed", list(strategy("longer", "than", "3")), list(strategy("longer", "than", "6")), `the parameters of longer change`},
	{"custom strategy constrained", list(strategy("longer", "than", "3")), list(with(strategy("longer", "than", "3"), in("country", "de"))), `the constraint country IN ["de"] is added`},
}

// users lists so many.
func users(n int) string {
	var all strings.Builder
	for i := range n {
		fmt.Fprintf(&all, "u%d,", i)
	}
	return all.String()
}

// longer accepts users with a long id.
func longer(parameters map[string]string) (func(rollout.Context) bool, error) {
	n := int(parameters["than"][0] - '0')
	return func(ctx rollout.Context) bool { return len(ctx.UserID) > n }, nil
}

func lossOptions() rollout.Options {
	return rollout.Options{Strategies: map[string]rollout.Custom{"longer": longer}}
}

func TestEveryKnownLossIsFound(t *testing.T) {
	for _, c := range losses {
		t.Run(c.rule, func(t *testing.T) {
			l := rollout.FindLoss("f", c.before, c.after, lossSegments, lossOptions())
			if l == nil {
				t.Fatal("not found")
			}
			if !strings.HasPrefix(l.Why, c.why) {
				t.Errorf("why: %s\nwant %s", l.Why, c.why)
			}
			happens(t, l, c.before, c.after, lossSegments, lossOptions())
			again := rollout.FindLoss("f", c.before, c.after, lossSegments, lossOptions())
			if diff := cmp.Diff(l, again); diff != "" {
				t.Errorf("asked again:\n%s", diff)
			}
		})
	}
}

// happens evaluates the example of a loss: it has the feature before and not
// after, or more often before where something is drawn.
func happens(t *testing.T, l *rollout.Loss, before, after []rollout.Strategy, segments []rollout.Segment, options rollout.Options) {
	t.Helper()
	had, has := often(l, before, segments, options), often(l, after, segments, options)
	const noise = 150 // of draws
	if had <= has && (had == 0 || has == 0 || had == tries || has == tries || had < has-noise) {
		t.Fatalf("had by %d in %d, has by %d:\n%s", had, tries, has, l)
	}
	if !l.Before.Enabled || l.After.Enabled {
		t.Errorf("explained otherwise:\n%s", l)
	}
	if n := len(l.Before.Strategies) - 1; l.Strategy != n || !l.Before.Strategies[n].Matched {
		t.Errorf("strategy %d did not give it:\n%s", l.Strategy, l)
	}
	if l.Why == "" || strings.Contains(l.Why, "together") {
		t.Errorf("no cause:\n%s", l)
	}
}

const tries = 10000

// often returns in how many of so many tries the example has the feature.
func often(l *rollout.Loss, strategies []rollout.Strategy, segments []rollout.Segment, options rollout.Options) (n int) {
	if len(strategies) == 0 {
		return 0
	}
	options.Hostname = l.Host
	draw, drawn := rand.New(rand.NewPCG(3, 4)), false
	options.Random = func(n uint32) uint32 { drawn = true; return draw.Uint32N(n) }
	options.Strategies = stands(options.Strategies, strategies)
	all := make([]rollout.Strategy, len(strategies))
	for i := range strategies {
		all[i] = strategies[i].WithDefaults("f", "")
	}
	e := rollout.Compile([]rollout.Feature{flag(all...)}, segments, options)
	for i := range tries {
		if e.Enabled("f", &l.Example) {
			n++
		}
		if i == 0 && !drawn {
			return n * tries
		}
	}
	return n
}

// stands lets unknown strategies accept everyone.
func stands(known map[string]rollout.Custom, strategies []rollout.Strategy) map[string]rollout.Custom {
	all := make(map[string]rollout.Custom)
	for _, s := range strategies {
		if all[s.Name] = known[s.Name]; known[s.Name] == nil && s.Name != "" {
			all[s.Name] = func(map[string]string) (func(rollout.Context) bool, error) {
				return func(rollout.Context) bool { return true }, nil
			}
		}
	}
	return all
}

// The only time from now on at which somebody has it may be now.
func TestTheTimeNowCounts(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	options := rollout.Options{Now: func() time.Time { return now }}
	before := list(everyone(one("currentTime", rollout.DateBefore, "2026-03-01T12:00:00.000000001Z")))
	l := rollout.FindLoss("f", before, nil, nil, options)
	if l == nil {
		t.Fatal("not found")
	}
	happens(t, l, before, nil, nil, options)
}

func TestOnlyTimesFromNowOnCount(t *testing.T) {
	before := list(everyone(one("currentTime", rollout.DateAfter, "2026-01-01T00:00:00Z")))
	after := list(everyone(one("currentTime", rollout.DateAfter, "2026-02-01T00:00:00Z")))
	for _, c := range []struct {
		now  string
		lost bool
	}{{"2025-12-01T00:00:00Z", true}, {"2026-01-15T00:00:00Z", true}, {"2026-02-02T00:00:00Z", false}} {
		at, err := time.Parse(time.RFC3339, c.now)
		if err != nil {
			t.Fatal(err)
		}
		options := rollout.Options{Now: func() time.Time { return at }}
		l := rollout.FindLoss("f", before, after, nil, options)
		if (l != nil) != c.lost {
			t.Errorf("at %s: %v", c.now, l)
		}
		if l != nil {
			happens(t, l, before, after, nil, options)
		}
	}
}
