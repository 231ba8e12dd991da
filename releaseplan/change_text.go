package releaseplan

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// String tells the change to people, without its time.
func (c Change) String() string {
	what := c.rolloutText()
	if what == "" {
		what = c.planText()
	}
	var b strings.Builder
	b.WriteString(what)
	if who := c.By.Label(); who != "" && who != penstock.SystemID {
		fmt.Fprintf(&b, " by %s", who)
	}
	if c.Remark != "" {
		fmt.Fprintf(&b, " (%s)", c.Remark)
	}
	return b.String()
}

// planText tells of the plan or a task.
func (c *Change) planText() string {
	subject := "plan"
	if c.Task != "" {
		subject = fmt.Sprintf("task %q", c.Name)
	}
	return subject + " " + c.verbText()
}

func (c *Change) verbText() string {
	switch {
	case c.Kind == PlanCommented:
		return "comment"
	case c.Override != nil && c.Kind == CalendarOverridden:
		return fmt.Sprintf("overrides %s until %s", c.Override.calendar(), c.Override.Until.Format(time.RFC3339))
	case c.Override != nil:
		return "no longer overrides " + c.Override.calendar()
	case c.Kind == ApprovalVoted:
		return fmt.Sprintf("vote: %s", c.Vote)
	case c.Gate != nil && c.Gate.Answer != "":
		return fmt.Sprintf("%s check: %s", c.Gate.On, c.Gate.Answer)
	case c.Gate != nil:
		return fmt.Sprintf("%s check", c.Gate.On)
	case c.From != c.To && c.From != "":
		return fmt.Sprintf("%s → %s", words(c.From), words(c.To))
	case c.Action != "" && c.Kind == TaskChanged:
		return fmt.Sprintf("%s: %s", c.Kind.verb(), words(string(c.Action)))
	default:
		return c.Kind.verb()
	}
}

// rolloutText tells of a milestone, a safeguard or the rollout; "" if the change is
// of none.
func (c *Change) rolloutText() string {
	switch c.Kind {
	case ExposureStarted:
		if c.From != "" {
			return fmt.Sprintf("milestone %q → %q", c.From, c.Name)
		}
		return fmt.Sprintf("milestone %q started", c.Name)
	case ExposureChanged:
		return fmt.Sprintf("milestone %q %s", c.Name, c.exposureText())
	case ExposureCompleted, ExposureMissed:
		return fmt.Sprintf("milestone %q %s", c.Name, c.Kind.verb())
	case SafeguardTripped, SafeguardCleared:
		return fmt.Sprintf("safeguard %q %s", c.Name, c.Kind.verb())
	case RolloutPaused, RolloutResumed:
		return "rollout " + c.Kind.verb()
	case RolloutStopped:
		if c.From != "" {
			return fmt.Sprintf("rollout stopped at milestone %q", c.From)
		}
		return "rollout stopped"
	default:
		return ""
	}
}

// exposureText tells what a person changed of a milestone.
func (c *Change) exposureText() string {
	switch e := c.Exposure; {
	case e == nil:
		return c.Kind.verb()
	case c.Action == SkipMilestone:
		return "skipped"
	case c.Action == StartMilestone:
		return "to start at " + e.At.Format(time.RFC3339)
	case c.Action == SetInterval && e.After != nil && !e.After.IsZero():
		return "served for " + e.After.String()
	case c.Action == SetInterval:
		return "served until somebody says so"
	default:
		return c.Kind.verb()
	}
}

// verb is the kind without its subject.
func (k ChangeKind) verb() string {
	_, verb, _ := strings.Cut(string(k), ".")
	return verb
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }
