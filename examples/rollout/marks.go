package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// A mark is what happened at one instant, as far as the chart shows it.
type mark struct {
	at   time.Time
	kind markKind
	text string
}

// A markKind is what a mark looks like.
type markKind string

// The kinds of marks: the first that happens at an instant decides.
const (
	markLive markKind = "live"
	markTrip markKind = "trip"
	markOK   markKind = "ok"
	markFix  markKind = "fix"
)

// marks returns what is worth to be marked, in order: of the audit trail, and of
// nothing else.
func marks(entries []releaseplan.Entry) (all []mark) {
	for _, e := range entries {
		m, ok := markOf(e)
		if !ok {
			continue
		}
		if last := len(all) - 1; last >= 0 && all[last].at.Equal(m.at) {
			all[last].text += "; " + m.text
			continue
		}
		all = append(all, m)
	}
	return all
}

func markOf(e releaseplan.Entry) (mark, bool) {
	m := mark{at: e.At}
	switch e.Kind {
	case releaseplan.ExposureStarted:
		m.kind, m.text = markLive, e.Name+" goes live"
	case releaseplan.SafeguardTripped:
		m.kind, m.text = markTrip, e.Name+" trips"
	case releaseplan.SafeguardCleared:
		m.kind, m.text = markOK, e.Name+" is clear"
	case releaseplan.RolloutResumed:
		m.kind, m.text = markOK, "resumed"
	case releaseplan.PlanCommented:
		m.kind, m.text = markFix, e.Remark
		m.text, _, _ = strings.Cut(m.text, ":")
	case releaseplan.PlanMoved:
		m.kind, m.text = markOK, strings.ReplaceAll(e.To, "_", " ")
		return m, releaseplan.State(e.To).Final()
	default: // the timeline tells the rest
		return m, false
	}
	return m, true
}

// happened tells an entry of the trail to people, without its time and who did it.
func happened(e releaseplan.Entry) string {
	switch e.Kind {
	case releaseplan.ExposureStarted:
		instead := ""
		if e.From != "" {
			instead = ", in place of " + e.From
		}
		return fmt.Sprintf("milestone %s goes live%s", e.Name, instead)
	case releaseplan.ExposureCompleted:
		return fmt.Sprintf("milestone %s is through", e.Name)
	case releaseplan.SafeguardTripped:
		return fmt.Sprintf("safeguard %q trips at %s", e.Name, sampled(e.Trip))
	case releaseplan.SafeguardCleared:
		return fmt.Sprintf("safeguard %q is clear at %s", e.Name, sampled(e.Trip))
	case releaseplan.RolloutPaused:
		return "the rollout is paused: nothing goes on by itself"
	case releaseplan.RolloutResumed:
		return "the rollout goes on"
	case releaseplan.PlanFinishing:
		return "all is done: the plan may end"
	case releaseplan.PlanCommented:
		return "says: " + e.Remark
	default:
		c := e.Change
		c.By.ID, c.By.Name = "", "" // that has a column
		return c.String()
	}
}

func sampled(t *releaseplan.Trip) string {
	if t == nil {
		return "?"
	}
	return fmt.Sprintf("%s of %s requests", percent(t.Sample.Value, 2), count(t.Sample.Count))
}
