package unleash_test

import (
	"net/http"
	"testing"
	"time"

	sdk "github.com/Unleash/unleash-go-sdk/v5"
	sdkcontext "github.com/Unleash/unleash-go-sdk/v5/context"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/unleash"
)

// An sdkListener hears what the SDK tells.
type sdkListener struct {
	ready, updated chan struct{}
	failed         chan error
}

func (l *sdkListener) OnReady()                         { l.ready <- struct{}{} }
func (l *sdkListener) OnUpdate()                        { l.updated <- struct{}{} }
func (l *sdkListener) OnError(err error)                { l.fail(err) }
func (l *sdkListener) OnWarning(err error)              { l.fail(err) }
func (l *sdkListener) OnCount(string, bool)             {}
func (l *sdkListener) OnSent(sdk.MetricsData)           {}
func (l *sdkListener) OnRegistered(sdk.ClientData)      {}
func (l *sdkListener) OnImpression(sdk.ImpressionEvent) {}

func (l *sdkListener) fail(err error) {
	select {
	case l.failed <- err:
	default:
	}
}

// startSDK starts a real SDK that polls the server with a token.
func startSDK(t *testing.T, w *clientWorld, token string) (*sdk.Client, *sdkListener) {
	t.Helper()
	l := &sdkListener{ready: make(chan struct{}, 100), updated: make(chan struct{}, 100), failed: make(chan error, 100)}
	c, err := sdk.NewClient(sdk.WithAppName("shop"), sdk.WithInstanceId("i-1"), sdk.WithUrl(w.URL+"/api/"), sdk.WithListener(l),
		sdk.WithCustomHeaders(http.Header{"Authorization": {token}}), sdk.WithRefreshInterval(20*time.Millisecond), sdk.WithMetricsInterval(20*time.Millisecond),
		sdk.WithBackupPath(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() }) // what is under way then fails
	return c, l
}

// An SDK that polls while a plan moves gives every user what the plan serves, at every step.
func TestUnleashSDK(t *testing.T) {
	w := newClientWorld(t)
	beta := w.segment("beta testers", "user-1", "user-2", "user-700")
	w.feature("checkout", "shop")
	w.feature("search", "shop", rollout.Strategy{Name: rollout.FlexibleRollout, Parameters: map[string]string{"rollout": "30", "stickiness": "userId"},
		Variants: []rollout.Variant{{Name: "blue", WeightType: rollout.WeightVariable}, {Name: "green", WeightType: rollout.WeightVariable}}})
	w.feature("beta", "shop", rollout.Strategy{Name: rollout.Everyone, Segments: []int{beta}}, rollout.Strategy{Name: rollout.Everyone, Disabled: true})
	w.feature("paused", "shop", rollout.Strategy{Name: rollout.Everyone, Disabled: true})
	w.feature("elsewhere", "bank")
	w.flag(rollout.Flag{Name: "receipt", Project: "shop", Dependencies: []rollout.Dependency{{Feature: "checkout"}}, Environments: map[string]rollout.Setting{"production": {Enabled: true}}})
	w.flag(rollout.Flag{Name: "old-checkout", Project: "shop", Dependencies: []rollout.Dependency{{Feature: "checkout", Enabled: new(false)}}, Environments: map[string]rollout.Setting{"production": {Enabled: true}}})
	plan := w.plan("checkout", "5", "50", "100")
	w.do(plan, releaseplan.Execute)

	client, heard := startSDK(t, w, "shop")
	wait(t, "what the SDK starts with", heard.ready)
	compare := func(step string, least, most int) {
		t.Helper()
		want, has := w.evaluator("production"), 0
		for user := range users {
			mine, its := &rollout.Context{UserID: user}, sdkcontext.Context{UserId: user}
			for _, name := range []string{"checkout", "search", "beta", "paused", "receipt", "old-checkout", "nobody-knows"} {
				if got := client.IsEnabled(name, sdk.WithContext(its)); got != want.Enabled(name, mine) {
					t.Errorf("%s: %s has %s: %t by the SDK, %t here", step, user, name, got, !got)
				}
			}
			if got := client.GetVariant("search", sdk.WithVariantContext(its)); got.Name != want.Variant("search", mine).Name {
				t.Errorf("%s: %s has %s of search, want %s", step, user, got.Name, want.Variant("search", mine).Name)
			}
			if client.IsEnabled("elsewhere", sdk.WithContext(its)) || !want.Enabled("elsewhere", mine) {
				t.Errorf("%s: %s has a feature of another project", step, user)
			}
			if client.IsEnabled("checkout", sdk.WithContext(its)) {
				has++
			}
		}
		if has < least || has > most {
			t.Errorf("%s: %d of 1000 users have checkout, want %d to %d", step, has, least, most)
		}
	}
	compare("5 %", 30, 70)
	for _, step := range []struct {
		name        string
		do          releaseplan.Action
		least, most int
	}{{"50 %", releaseplan.CompleteMilestone, 450, 550}, {"100 %", releaseplan.CompleteMilestone, 1000, 1000}, {"stopped", releaseplan.StopRollout, 0, 0}} {
		w.do(plan, step.do)
		wait(t, step.name, heard.updated)
		compare(step.name, step.least, step.most)
	}

	var registered, counted bool
	for !registered || !counted {
		one := wait(t, "a registration, and metrics", w.told)
		if one.(told).by.App != "shop" {
			t.Errorf("by %+v", one.(told).by)
		}
		switch what := one.(told).what.(type) {
		case unleash.Registration:
			registered = registered || what.AppName == "shop" && what.InstanceID == "i-1" && what.SDKVersion != "" && len(what.Strategies) > 0 && !what.Started.IsZero()
		case unleash.Metrics:
			n := what.Bucket.Toggles["checkout"]
			counted = counted || what.AppName == "shop" && n.Yes > 0 && !what.Bucket.Stop.Before(what.Bucket.Start)
		}
	}
	select {
	case err := <-heard.failed:
		t.Errorf("the SDK fails: %v", err)
	default:
	}
}

// A token that is taken back reads nothing more; the SDK keeps what it has.
func TestUnleashSDKRevoked(t *testing.T) {
	w := newClientWorld(t)
	w.feature("checkout", "shop")
	client, heard := startSDK(t, w, "shop")
	wait(t, "what the SDK starts with", heard.ready)
	w.revoke("shop")
	if err := wait(t, "the failure", heard.failed); err == nil {
		t.Error("no failure")
	}
	if !client.IsEnabled("checkout") {
		t.Error("the SDK forgets what it had")
	}
}
