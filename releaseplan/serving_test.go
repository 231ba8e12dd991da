package releaseplan_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// What is served goes in front, and is never an empty list, which would be on for
// everyone.
func TestServingInto(t *testing.T) {
	own, live := rollout.Strategy{Name: rollout.UserWithID}, rollout.Strategy{Name: rollout.FlexibleRollout, Parameters: rollout.Parameters{"rollout": "5"}}
	nobody := rollout.Strategy{Name: rollout.Everyone, Disabled: true}
	served := func(all ...rollout.Strategy) releaseplan.Serving {
		return releaseplan.Serving{Plan: "p", Strategies: all}
	}
	for name, test := range map[string]struct {
		v    releaseplan.Serving
		own  []rollout.Strategy
		want []rollout.Strategy
	}{
		"nothing served":                  {releaseplan.Serving{}, []rollout.Strategy{own}, []rollout.Strategy{own}},
		"nothing served, none of its own": {releaseplan.Serving{}, nil, nil},
		"stopped":                         {releaseplan.Serving{Stopped: true}, []rollout.Strategy{own}, []rollout.Strategy{own}},
		"stopped, none of its own":        {releaseplan.Serving{Stopped: true}, nil, []rollout.Strategy{nobody}},
		"both":                            {served(live), []rollout.Strategy{own}, []rollout.Strategy{live, own}},
		"none of its own":                 {served(live), nil, []rollout.Strategy{live}},
		"served to nobody":                {served(), nil, []rollout.Strategy{nobody}},
		"served to nobody, and its own":   {served(), []rollout.Strategy{own}, []rollout.Strategy{nobody, own}},
	} {
		t.Run(name, func(t *testing.T) {
			f := rollout.Feature{Name: "checkout", Enabled: true, Strategies: test.own}
			got := test.v.Into(f)
			if d := cmp.Diff(rollout.Feature{Name: "checkout", Enabled: true, Strategies: test.want}, got); d != "" {
				t.Error(d)
			}
			for i := range test.v.Strategies {
				got.Strategies[i].Parameters["rollout"] = "100"
			}
			if live.Parameters["rollout"] != "5" {
				t.Error("the parts are shared")
			}
		})
	}
}
