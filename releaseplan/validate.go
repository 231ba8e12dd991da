package releaseplan

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
)

// Validate returns every fault of the content with its path, as one joined
// error that is an ErrInvalid, or nil. Plans call it on everything that comes in;
// what only matters once the plan is to run, such as a variable that refers to an
// unknown one, is left to [Plan.Lint].
func (c *Content) Validate() error {
	var v validator
	if v.content(c) {
		d := definition{content: c.clone()}
		d.content.normalize("")
		d.findNeeds(&v)
	}
	return errors.Join(v.faults...)
}

// content checks everything but what tasks need of each other. It returns false
// if there is too much of it to look at closely.
func (v *validator) content(c *Content) bool {
	v.sizes(c)
	if len(v.faults) > 0 {
		return false
	}
	v.plan(c)
	v.phases(c)
	v.target(c.Target)
	v.milestones(c)
	v.safeguards(c)
	v.variables(c)
	v.origin(c.Origin)
	return true
}

// A validator collects faults.
type validator struct{ faults []error }

func (v *validator) fault(field, format string, args ...any) {
	v.faults = append(v.faults, penstock.Invalid(field, format, args...))
}

// nest adds the faults of a part under the path of the part.
func (v *validator) nest(path string, err error) {
	for _, f := range penstock.Faults(err) {
		field := path
		if f.Field != "" {
			field += "." + f.Field
		}
		v.faults = append(v.faults, &penstock.InvalidError{Field: field, Why: f.Why})
	}
}

// sizes checks the counts, before anything is done for each of what they count.
func (v *validator) sizes(c *Content) {
	for _, n := range []struct {
		field    string
		n, limit int
	}{
		{"phases", len(c.Phases), MaxPhases}, {"tasks", c.tasks(), MaxTasks}, {"milestones", len(c.Milestones), MaxMilestones},
		{"safeguards", len(c.Safeguards), MaxSafeguards},
		{"variables", len(c.Variables), MaxVariables}, {"listeners", len(c.Listeners), MaxListeners},
		{"gates", len(c.Gates), 3}, {"labels", len(c.Labels), MaxLabels},
	} {
		if n.n > n.limit {
			v.fault(n.field, "%d are too many: at most %d", n.n, n.limit)
		}
	}
}

// tasks returns how many tasks there are.
func (c *Content) tasks() (n int) {
	for _, p := range c.Phases {
		n += len(p.Tasks)
	}
	return n
}

func (v *validator) plan(c *Content) {
	v.name("name", c.Name)
	v.text("description", c.Description, MaxDescription)
	v.party("owner", c.Owner)
	v.short("folder.id", c.Folder.ID)
	v.short("folder.name", c.Folder.Name)
	v.planned("planned_time", c.Planned, true)
	if w := c.Window; w != nil {
		v.instant("window.start", w.Start)
		v.instant("window.end", w.End)
		if !w.End.IsZero() && w.Start.After(w.End) {
			v.fault("window.end", "must not be before the start")
		} else if c.Planned != nil && !w.Start.IsZero() && !w.End.IsZero() && c.Planned.Length() > w.End.Sub(w.Start) {
			v.fault("window", "is shorter than the plan")
		}
	}
	v.schedule(c)
	if c.Approval != nil {
		v.nest("approval", c.Approval.Validate())
	}
	v.listeners("", c.Listeners)
	seen := make(map[GateKind]bool, len(c.Gates))
	for i, g := range c.Gates {
		path := fmt.Sprintf("gates[%d]", i)
		switch {
		case g.On != GateFinalize && g.On != GateExecute && g.On != GateComplete:
			v.fault(path+".on", "%q is not finalize, execute or complete", short(string(g.On)))
		case seen[g.On]:
			v.fault(path+".on", "%s has a gate already", g.On)
		}
		v.duration(path+".timeout", &g.Timeout)
		v.short(path+".check", g.Check)
		seen[g.On] = true
	}
	for _, k := range slices.Sorted(maps.Keys(c.Labels)) {
		value := c.Labels[k]
		if k == "" || utf8.RuneCountInString(k) > MaxName || utf8.RuneCountInString(value) > MaxName || !utf8.ValidString(k+value) {
			v.fault("labels", "%q: key and value are texts of at most %d characters, the key not empty", short(k), MaxName)
		}
	}
}

func (v *validator) schedule(c *Content) {
	v.instant("start.at", c.Start.At)
	switch s := c.Start; s.Mode {
	case "", ByHand, OnApproval:
		if !s.At.IsZero() {
			v.fault("start.at", "goes with mode %q only", Scheduled)
		}
	case Scheduled:
		if s.At.IsZero() {
			v.fault("start.at", "must be set")
		} else if !c.Window.Open(s.At) {
			v.fault("start.at", "must lie in the window")
		}
	default:
		v.fault("start.mode", "%q is not manual, on_approval or scheduled", short(string(s.Mode)))
	}
}

func (v *validator) variables(c *Content) {
	seen, secrets := make(map[string]bool, len(c.Variables)), 0
	for i, x := range c.Variables {
		path := fmt.Sprintf("variables[%d]", i)
		switch {
		case !variableName.MatchString(x.Name):
			v.fault(path+".name", "%q is not a letter or _ and then at most 127 letters, digits, _, . or -", short(x.Name))
		case seen[x.Name]:
			v.fault(path+".name", "%q is there already", x.Name)
		}
		seen[x.Name] = true
		v.text(path+".value", x.Value, MaxValue)
		if x.Secret {
			secrets++
		}
	}
	if secrets > MaxSecrets {
		v.fault("variables", "%d secret ones are too many: at most %d", secrets, MaxSecrets)
	}
}

func (v *validator) listeners(path string, all []Listener) {
	if path != "" {
		path += "."
	}
	if len(all) > MaxListeners {
		v.fault(path+"listeners", "%d are too many: at most %d", len(all), MaxListeners)
		return
	}
	for i, l := range all {
		at := fmt.Sprintf("%slisteners[%d]", path, i)
		switch l.Event {
		case EventStarted, EventPaused, EventFailed, EventFinished, EventCanceled, EventExpired, EventWaiting:
		default:
			v.fault(at+".event", "%q is not an event that can be listened to", short(string(l.Event)))
		}
		if n := len(l.Recipients); n > MaxRecipients {
			v.fault(at+".recipients", "%d are too many: at most %d", n, MaxRecipients)
			continue
		}
		for j, r := range l.Recipients {
			where := fmt.Sprintf("%s.recipients[%d]", at, j)
			if r.IsZero() {
				v.fault(where, "must name a user or a group")
			}
			v.party(where, r)
		}
	}
}

// planned checks a planned time; only the plan's own needs an end or a duration.
func (v *validator) planned(path string, t *PlannedTime, complete bool) {
	if t == nil {
		return
	}
	v.instant(path+".start", t.Start)
	v.instant(path+".end", t.End)
	sound := v.duration(path+".duration", t.Duration)
	if t.Start.IsZero() && complete {
		v.fault(path+".start", "must be set")
	}
	switch {
	case t.End.IsZero() && t.Duration == nil && complete:
		v.fault(path, "needs an end or a duration")
	case !t.End.IsZero() && !t.Start.IsZero() && !instant(t.End).After(instant(t.Start)):
		v.fault(path+".end", "must be after the start")
	case t.Duration != nil && t.Duration.IsZero() && complete:
		v.fault(path+".duration", "must be more than nothing")
	case sound && t.End.IsZero() && !t.Start.IsZero() && t.Start.UTC().Year() <= 9999 && t.Finish().UTC().Year() > 9999:
		v.fault(path+".duration", "must not go beyond the year 9999")
	}
}

func (v *validator) party(path string, p penstock.Party) {
	if p.Type != "" && p.Type != penstock.User && p.Type != penstock.Group {
		v.fault(path+".type", "%q is not user or group", short(string(p.Type)))
	}
	v.short(path+".id", p.ID)
	v.short(path+".name", p.Name)
	v.short(path+".identity_type", p.IdentityType)
}

// id checks an id that the caller gives: a UUID, once.
func (v *validator) id(path, id string, seen map[string]bool) {
	if id == "" {
		return
	}
	if parsed, err := uuid.Parse(id); err != nil || parsed.String() != id {
		v.fault(path, "%q is not a UUID in lower case", short(id))
	} else if seen[id] {
		v.fault(path, "%s is there already", id)
	}
	seen[id] = true
}

// number checks a number for people, which has to be exact in JSON.
func (v *validator) number(path string, n int64) {
	if n < 0 || n > 1<<53 {
		v.fault(path, "must be from 0 to 2^53")
	}
}

func (v *validator) name(path, s string) {
	if s == "" {
		v.fault(path, "must not be empty")
	}
	v.short(path, s)
}

// short checks a text that may be empty but is no longer than a name.
func (v *validator) short(path, s string) { v.told(path, fault.Short(s, MaxName, maxNameBytes)) }

func (v *validator) text(path, s string, limit int) { v.told(path, fault.Text(s, limit)) }

// object checks that raw is one JSON object of bounded size and depth.
func (v *validator) object(path string, raw json.RawMessage) {
	v.told(path, fault.Object(raw, MaxSpec, maxDepth))
}

// told adds a fault that is in words already; none are no fault.
func (v *validator) told(path, why string) {
	if why != "" {
		v.fault(path, "%s", why)
	}
}

// short keeps what a stranger wrote short enough to repeat.
func short(s string) string { return fault.Clip(s, 40) }

// duration checks that d, if there is one, is written as JSON and read again as
// what it is, and reports whether it is so.
func (v *validator) duration(path string, d *penstock.Duration) bool {
	switch {
	case d == nil:
	case d.Months < 0 || d.Days < 0 || d.Time < 0:
		v.fault(path, "must not be negative")
		return false
	case d.Time%time.Microsecond != 0:
		v.fault(path, "must be in whole microseconds")
		return false
	case max(d.Months, d.Days) > penstock.MaxDuration || 31*d.Months+d.Days+int(d.Time/(24*time.Hour)) > penstock.MaxDuration:
		v.fault(path, "must be at most %d days", penstock.MaxDuration)
		return false
	}
	return true
}

// instant checks that a time can be written as JSON.
func (v *validator) instant(path string, t time.Time) {
	if y := t.UTC().Year(); !t.IsZero() && (y < 1 || y > 9999) {
		v.fault(path, "must be a time in the years 1 to 9999")
	}
}
