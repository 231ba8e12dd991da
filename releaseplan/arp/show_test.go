package arp

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

func text(p *string) string {
	if p == nil {
		return "null"
	}
	return *p
}

// Of a planned time everything that follows from the rest is shown, in UTC, in whole seconds, with
// days as the largest unit.
func TestPlannedTimesAreShownWhole(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	lasts := func(s string) *penstock.Duration {
		d, err := penstock.ParseDuration(s)
		if err != nil {
			t.Fatal(err)
		}
		return &d
	}
	for name, row := range map[string]struct {
		t    releaseplan.PlannedTime
		want [3]string
	}{
		"an end":           {releaseplan.PlannedTime{Start: at("2016-01-01T00:00:00Z"), End: at("2019-07-15T12:32:54Z")}, [3]string{"2016-01-01T00:00:00Z", "2019-07-15T12:32:54Z", "P1291DT12H32M54S"}},
		"a duration":       {releaseplan.PlannedTime{Start: at("2017-07-12T09:12:03Z"), Duration: lasts("P21D")}, [3]string{"2017-07-12T09:12:03Z", "2017-08-02T09:12:03Z", "P21D"}},
		"a month":          {releaseplan.PlannedTime{Start: at("2017-02-01T00:00:00Z"), Duration: lasts("P1M")}, [3]string{"2017-02-01T00:00:00Z", "2017-03-01T00:00:00Z", "P28D"}},
		"weeks":            {releaseplan.PlannedTime{Duration: lasts("P2W")}, [3]string{"null", "null", "P14D"}},
		"parts of seconds": {releaseplan.PlannedTime{Start: at("2017-02-01T00:00:00.9Z"), End: at("2017-02-01T00:00:02.1Z")}, [3]string{"2017-02-01T00:00:00Z", "2017-02-01T00:00:02Z", "PT2S"}},
		"another zone":     {releaseplan.PlannedTime{Start: at("2017-02-01T01:00:00+01:00"), Duration: lasts("PT32M54S")}, [3]string{"2017-02-01T00:00:00Z", "2017-02-01T00:32:54Z", "PT32M54S"}},
		"nothing":          {releaseplan.PlannedTime{}, [3]string{"null", "null", "null"}},
		"only a start":     {releaseplan.PlannedTime{Start: at("2017-02-01T00:00:00Z")}, [3]string{"2017-02-01T00:00:00Z", "null", "null"}},
		"nothing long":     {releaseplan.PlannedTime{Start: at("2017-02-01T00:00:00Z"), End: at("2017-02-01T00:00:00Z")}, [3]string{"2017-02-01T00:00:00Z", "2017-02-01T00:00:00Z", "PT0S"}},
		"beyond all years": {releaseplan.PlannedTime{Start: at("9999-12-31T00:00:00Z"), Duration: lasts("P2D")}, [3]string{"9999-12-31T00:00:00Z", "null", "P2D"}},
	} {
		got := planned(row.t)
		if diff := cmp.Diff(row.want, [3]string{text(got.Start), text(got.End), text(got.Duration)}); diff != "" {
			t.Errorf("%s: -want +got:\n%s", name, diff)
		}
	}
}

// The planned time of a plan is that of its execution, or what was planned, or else its window.
func TestPlanTime(t *testing.T) {
	window, plan, moved := &releaseplan.Window{Start: noon}, &releaseplan.PlannedTime{Start: noon.Add(time.Hour)}, &releaseplan.PlannedTime{Start: noon.Add(2 * time.Hour)}
	for _, row := range []struct {
		t    *releaseplan.PlannedTime
		w    *releaseplan.Window
		s    releaseplan.Status
		want time.Time
	}{
		{plan, window, releaseplan.Status{Effective: moved}, moved.Start}, {plan, window, releaseplan.Status{}, plan.Start},
		{nil, window, releaseplan.Status{}, window.Start}, {nil, nil, releaseplan.Status{}, time.Time{}},
	} {
		if got := planTime(row.t, row.w, row.s).Start; !got.Equal(row.want) {
			t.Errorf("%+v: %s, want %s", row, got, row.want)
		}
	}
}

// The value of a secret variable is never shown, only whether it is set; sent back as it was
// shown, it stays as it is.
func TestSecretVariablesStayHidden(t *testing.T) {
	before := []releaseplan.Variable{{Name: "open", Value: "1"}, {Name: "set", Secret: true, Digest: "d"}, {Name: "unset", Secret: true}}
	shown := variables(before)
	if diff := cmp.Diff([]variable{{"open", "1"}, {"set", secretMask}, {"unset", ""}}, shown); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	var back []variableBody
	for i := range shown {
		back = append(back, variableBody{&shown[i].Name, &shown[i].Value})
	}
	want := []releaseplan.Variable{{Name: "open", Value: "1"}, {Name: "set", Secret: true}, {Name: "unset", Secret: true}}
	if diff := cmp.Diff(want, rewritten(before, back)); diff != "" {
		t.Errorf("sent back: -want +got:\n%s", diff)
	}
	mask := secretMask
	open := rewritten(before, []variableBody{{&shown[0].Name, &mask}})
	if len(open) != 1 || open[0].Value != secretMask {
		t.Errorf("the mask is a value like others for who has no secret: %+v", open)
	}
}
