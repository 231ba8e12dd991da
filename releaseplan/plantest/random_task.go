package plantest

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// phase returns a phase that is the i-th.
func (d *dice) phase(i int) releaseplan.Phase {
	p := releaseplan.Phase{ID: d.uuid(8), Number: d.number(8), Name: fmt.Sprintf("phase %d", i), Description: d.text(4, "One stretch."),
		Kind: pick(d, "", releaseplan.Sequential, releaseplan.Parallel, releaseplan.Parallel, releaseplan.Free), Listeners: d.listeners()}
	if d.oneIn(6) {
		p.Owner = d.party()
	}
	if d.oneIn(4) {
		length := d.duration()
		p.Duration = &length
	}
	for j := range d.upTo(d.Generator.Tasks) {
		t := d.task(fmt.Sprintf("t%d.%d", i, j))
		if j > 0 && d.oneIn(3) {
			t.Needs = []string{fmt.Sprintf("t%d.%d", i, d.IntN(j))}
		}
		p.Tasks = append(p.Tasks, t)
	}
	return p
}

// task returns a task that needs nothing.
func (d *dice) task(name string) releaseplan.Task {
	handled := pick(d, d.Kinds...)
	t := releaseplan.Task{ID: d.uuid(8), Number: d.number(8), Name: name, Description: d.text(4, "To be done."),
		Kind: pick(d, "", releaseplan.Manual, handled, handled, handled, releaseplan.Wait), Class: pick(d, "", "", "", "standard", "rollback"),
		Start: pick(d, "", "", "", releaseplan.Automatic, releaseplan.ByHand), Crash: pick(d, "", releaseplan.FailOnCrash, releaseplan.RepeatOnCrash),
		Disabled: d.oneIn(6), Listeners: d.listeners()}
	switch {
	case t.Kind == releaseplan.Wait && d.oneIn(3):
		t.Spec = spec(releaseplan.WaitSpec{Until: d.at(4)})
	case t.Kind == releaseplan.Wait:
		t.Spec = spec(releaseplan.WaitSpec{For: d.minutes(60)})
	case d.oneIn(3):
		t.Spec = json.RawMessage(`{"image":"shop","replicas":3}`)
	}
	if d.oneIn(4) {
		t.Owner = d.party()
	}
	if d.oneIn(2) {
		t.Timeout = penstock.FromTime(pick(d, 5*time.Minute, time.Hour))
	}
	if d.oneIn(2) {
		t.Retry = releaseplan.RetryPolicy{Max: d.IntN(3), Delay: penstock.FromTime(pick(d, 0, 5*time.Minute, 30*time.Minute)), Backoff: d.IntN(3)}
	}
	if d.oneIn(4) {
		length := d.duration()
		t.Planned = &releaseplan.PlannedTime{Duration: &length}
		if d.oneIn(2) {
			t.Planned.Start = d.at(8)
		}
		if d.oneIn(2) {
			t.Planned.End = d.Around.Add(10 * time.Hour)
		}
	}
	return t
}
