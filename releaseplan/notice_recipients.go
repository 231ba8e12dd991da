package releaseplan

import (
	"strings"

	"github.com/penstock-go/penstock"
)

// maxNotices is how many notices one change makes of things with different
// recipients. What is more is told in one notice to all who are left: so what a
// commit says of a plan's 10,000 tasks fits into an event, whoever listens.
const maxNotices = 256

// A notice is something that the same people are told of: of the plan, or of
// phases or tasks to which the same happened at once.
type notice struct {
	event      Event
	what       verb
	on         scope
	refs       []taskRef // the phases or tasks
	recipients []penstock.Party
	merged     map[string]bool // keys of recipients, of a notice for all who are left

	milestone, safeguard *NoticePart // of the plan, that it is about
}

// A scope is what kind of thing a notice is about.
type scope string

const (
	onPlan  scope = "plan"
	onPhase scope = "phase"
	onTask  scope = "task"
)

// tell adds that something happened, if anybody is to hear of it.
func (t *telling) tell(event Event, what verb, on scope, ref taskRef) {
	recipients, keys := t.recipients(event, on, ref)
	if len(recipients) == 0 {
		return
	}
	same := strings.Join(append(keys, string(event), string(on), what.one), "\x00")
	i, ok := t.places[same]
	if !ok && len(t.notices) >= maxNotices {
		same = strings.Join([]string{"all who are left", string(event), string(on), what.one}, "\x00")
		i, ok = t.places[same]
	}
	if !ok {
		i = len(t.notices)
		t.places[same] = i
		t.notices = append(t.notices, notice{event: event, what: what, on: on, recipients: recipients})
	}
	n := &t.notices[i]
	n.refs = append(n.refs, ref)
	if i >= maxNotices {
		n.merge(recipients, keys)
	}
}

// merge adds recipients that are not there yet.
func (n *notice) merge(recipients []penstock.Party, keys []string) {
	if n.merged == nil {
		n.merged, n.recipients = make(map[string]bool), nil
	}
	for i, key := range keys {
		if !n.merged[key] {
			n.merged[key] = true
			n.recipients = append(n.recipients, recipients[i])
		}
	}
}

// recipients returns who hears of an event: once each, whoever named them.
func (t *telling) recipients(event Event, on scope, ref taskRef) (all []penstock.Party, keys []string) {
	content := &t.now.def.content
	owner, listeners := content.Owner, content.Listeners
	var own penstock.Party // of the phase or task
	switch on {
	case onPhase:
		phase := t.now.def.phases[ref.phase]
		own, listeners = phase.Owner, phase.Listeners
	case onTask:
		task := t.now.def.task(ref)
		own, listeners = task.Owner, task.Listeners
	case onPlan:
	}
	seen := make(map[string]bool)
	add := func(parties ...penstock.Party) {
		for _, p := range parties {
			if key := partyKey(p); !p.IsZero() && !seen[key] {
				seen[key] = true
				all, keys = append(all, p), append(keys, key)
			}
		}
	}
	for _, l := range listeners {
		switch {
		case l.Event != event:
		case len(l.Recipients) > 0:
			add(l.Recipients...)
		case !own.IsZero():
			add(own)
		default:
			add(owner)
		}
	}
	if !content.NotifiesOwner() {
		return all, keys
	}
	switch {
	case on == onPlan && (event == EventFailed || event == EventExpired):
		add(owner)
	case on == onTask && event == EventFailed:
		add(owner, own)
	case on == onPhase && event == EventFailed && partyKey(own) != partyKey(owner): // who hears of the task
		add(own)
	}
	return all, keys
}

// partyKey tells parties apart, those that are known only by name too.
func partyKey(p penstock.Party) string {
	if p.ID == "" {
		return p.Key() + "/" + p.Name
	}
	return p.Key()
}
