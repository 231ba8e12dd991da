package rollout_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/rollout"
)

func TestALossIsToldInAWord(t *testing.T) {
	for _, c := range []struct {
		rule          string
		before, after []rollout.Strategy
		want          string
	}{
		{"a person", list(share("50")), list(share("25")), `userId "user-1" loses the feature: the rollout is lowered from 50 to 25`},
		{"a draw", list(share("50", "stickiness", "random")), list(share("25", "stickiness", "random")),
			`an empty context is less likely to have the feature: the rollout is lowered from 50 to 25`},
		{"nothing known", list(everyone()), nil, `an empty context loses the feature: no strategy is left`},
		{"a host", list(strategy(rollout.ApplicationHostname, "hostNames", "web-1")), nil, `host "web-1" loses the feature: no strategy is left`},
		{"several fields", list(with(share("100", "stickiness", "sessionId"), in("country", "de"), in("appName", "web"))), nil,
			`sessionId "session-1", appName "web", country "de" loses the feature: no strategy is left`},
	} {
		t.Run(c.rule, func(t *testing.T) {
			l := rollout.FindLoss("f", c.before, c.after, nil, rollout.Options{})
			if l == nil {
				t.Fatal("not found")
			}
			got, _, _ := strings.Cut(l.String(), "\n")
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	if got, want := (&rollout.Loss{Why: "it goes"}).String(), "an empty context loses the feature: it goes"; got != want {
		t.Errorf("without explanations: %s", got)
	}
}
