package releaseplan

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"time"
)

func (v *validator) phases(c *Content) {
	ids := make(map[string]bool)
	for i := range c.Phases {
		p := &c.Phases[i]
		path := fmt.Sprintf("phases[%d]", i)
		v.id(path+".id", p.ID, ids)
		v.number(path+".number", p.Number)
		v.name(path+".name", p.Name)
		v.text(path+".description", p.Description, MaxDescription)
		v.party(path+".owner", p.Owner)
		v.listeners(path, p.Listeners)
		v.duration(path+".planned_duration", p.Duration)
		switch p.Kind {
		case "", Sequential, Parallel, Free:
		default:
			v.fault(path+".kind", "%q is not sequential, parallel or free", short(string(p.Kind)))
		}
		for j := range p.Tasks {
			at := fmt.Sprintf("%s.tasks[%d]", path, j)
			v.task(at, &p.Tasks[j], ids)
			if p.Tasks[j].Kind == Expose {
				v.expose(at+".spec", c, p.Tasks[j].Spec)
			}
		}
	}
}

func (v *validator) task(path string, t *Task, ids map[string]bool) {
	v.id(path+".id", t.ID, ids)
	v.number(path+".number", t.Number)
	v.name(path+".name", t.Name)
	v.text(path+".description", t.Description, MaxDescription)
	v.party(path+".owner", t.Owner)
	v.short(path+".kind", t.Kind)
	v.short(path+".class", t.Class)
	v.planned(path+".planned_time", t.Planned, false)
	v.listeners(path, t.Listeners)
	if len(t.Needs) > MaxNeeds {
		v.fault(path+".needs", "%d are too many: at most %d", len(t.Needs), MaxNeeds)
	}
	if t.Spec != nil {
		v.object(path+".spec", t.Spec)
	}
	if t.Kind == Wait {
		v.wait(path+".spec", t.Spec)
	}
	if t.Start != "" && t.Start != Automatic && t.Start != ByHand {
		v.fault(path+".start", "%q is not auto or manual", short(string(t.Start)))
	}
	if t.Crash != "" && t.Crash != FailOnCrash && t.Crash != RepeatOnCrash {
		v.fault(path+".crash", "%q is not fail or repeat", short(string(t.Crash)))
	}
	v.duration(path+".timeout", &t.Timeout)
	v.duration(path+".retry.delay", &t.Retry.Delay)
	if t.Retry.Max < 0 || t.Retry.Max > MaxRetries {
		v.fault(path+".retry.max", "must be from 0 to %d", MaxRetries)
	}
	if t.Retry.Backoff < 0 || t.Retry.Backoff > 10 {
		v.fault(path+".retry.backoff", "must be from 1 to 10")
	}
}

func (v *validator) wait(path string, spec json.RawMessage) {
	w, err := waitSpec(spec)
	switch {
	case err != nil:
		v.fault(path, "must be a wait: %v", err)
	case w.For.IsZero() == w.Until.IsZero():
		v.fault(path, "needs either for or until")
	}
}

// waitSpec reads the spec of a Wait task.
func waitSpec(spec json.RawMessage) (w WaitSpec, err error) {
	d := json.NewDecoder(bytes.NewReader(spec))
	d.DisallowUnknownFields()
	err = d.Decode(&w)
	return w, err
}

// delay returns until when the n-th retry, from 1, is put off after a failure
// at at: the delay times the backoff for each retry before, at most a year.
func (r RetryPolicy) delay(n int, at time.Time) time.Time {
	first := r.Delay.AddTo(at).Sub(at)
	factor := math.Pow(float64(max(r.Backoff, 1)), float64(n-1))
	return instant(at.Add(time.Duration(min(float64(first)*factor, float64(365*24*time.Hour)))))
}
