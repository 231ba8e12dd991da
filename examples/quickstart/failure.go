package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/releaseplan"
)

// outcome says in which state the plan ended and, if that is not a good one, what
// stopped, why, and how to go on.
func (s *session) outcome(ctx context.Context, p *releaseplan.Plan, file string) error {
	switch p.State() {
	case releaseplan.Completed:
		s.Line("\n%s", s.Paint(console.Green, p.Name()+": completed."))
		return nil
	case releaseplan.Failed:
	default:
		s.Line("\n%s", s.Paint(console.Amber, fmt.Sprintf("%s: %s.", p.Name(), told(p.State()))))
		if s.kept != nil && !stuck(p.State()) {
			s.Line("  how to go on  Run it again with the same -db: the plan is kept in %s", s.kept.db.Name)
			s.Line("                and goes on where it is. With -new besides, it is given up.")
		}
		return nil
	}
	s.Line("\n%s", s.Paint(console.Red, p.Name()+": failed."))
	for _, t := range p.Tasks() {
		if t.State != releaseplan.TaskFailed {
			continue
		}
		why := strings.Split(t.Status.Remark, "\n")
		s.Line("  what stopped  %q in the phase %q", t.Name, p.Content().Phases[t.Phase].Name)
		s.Line("  why           %s", why[0])
		for i, line := range why[1:] {
			label := "last lines"
			if i > 0 {
				label = ""
			}
			s.Line("  %-12s  │ %s", label, line)
		}
		can, err := s.plans.CanTask(ctx, s.id, t.ID, s.operator)
		if err != nil {
			return err
		}
		s.Line("  possible now  %s", strings.Join(allowed(can), ", "))
	}
	s.Line("  still to do   %s", count(p.TaskCount().Todo, "task"))
	command := "go run ./examples/quickstart -interactive"
	if s.kept != nil {
		s.Line("  how to go on  Mend the cause and go on with the plan, which is kept in %s:", s.kept.db.Name)
		s.Line("                with -interactive it asks: retry, skip or abort. With -new it is given up.")
		command += " -db " + s.kept.place()
	} else {
		s.Line("  how to go on  Mend the cause and start again: this program keeps its plans in memory only.")
		s.Line("                With -interactive it stops at a failure and asks: retry, skip or abort.")
	}
	if file != "" {
		command += " -plan " + file
	}
	s.Line("                %s", command)
	return nil
}

// allowed returns the actions that take a task on.
func allowed(can []releaseplan.Verdict) []string {
	var words []string
	for _, v := range can {
		if v.Allowed && (v.Action == releaseplan.Retry || v.Action == releaseplan.Skip) {
			words = append(words, string(v.Action))
		}
	}
	return words
}
