package template

import (
	"encoding/json"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// move moves the times of the content by the way from the anchor to start. A Wait
// task that gets its time from a parameter is not moved; one that gets its kind from a
// parameter is.
func (t *Template) move(v *validator, c *releaseplan.Content, x *expander, start time.Time) {
	type task struct {
		*releaseplan.Task
		kind string
		spec json.RawMessage
	}
	var kept []task
	at := func(i, j int) *releaseplan.Task { return &c.Phases[i].Tasks[j] }
	each := func(do func(i, j int)) {
		for i := range c.Phases {
			for j := range c.Phases[i].Tasks {
				do(i, j)
			}
		}
	}
	each(func(i, j int) {
		k := task{Task: at(i, j), kind: at(i, j).Kind, spec: at(i, j).Spec}
		kept = append(kept, k)
		k.Kind = x.expand(k.kind, false, x.value)
		if k.Kind == releaseplan.Wait && holds(k.spec) {
			k.Spec = json.RawMessage(`{}`)
		}
	})
	moved := t.moveTimes(v, c, start)
	n := 0
	each(func(i, j int) {
		at(i, j).Kind = kept[n].kind
		if !moved || holds(kept[n].spec) {
			at(i, j).Spec = kept[n].spec
		}
		n++
	})
}

// moveTimes reports whether there were times to move, and they could be.
func (t *Template) moveTimes(v *validator, c *releaseplan.Content, start time.Time) bool {
	if !timed(c) {
		return false
	}
	anchor, start := t.anchor(), start.Truncate(time.Microsecond).UTC()
	by := start.Sub(anchor)
	switch {
	case start.IsZero():
		v.fault("start", "must be set: the template has times")
		return false
	case anchor.IsZero():
		v.fault("start", "is relative to nothing: the template has no anchor")
		return false
	case !anchor.Add(by).Equal(start):
		v.fault("start", "is too far from that of the template")
		return false
	}
	err := c.Move(by)
	v.nest("", err)
	return err == nil
}

// timed reports whether the content has times.
func timed(c *releaseplan.Content) bool {
	for range c.Times() {
		return true
	}
	return false
}

// holds reports whether a document holds a placeholder.
func holds(spec json.RawMessage) (found bool) {
	(&visitor{
		key: func(*place, string) {},
		exact: func(_ *place, s string) any {
			found = found || len(names(s)) > 0
			return s
		},
	}).document((*place)(nil).field("spec"), spec)
	return found
}
