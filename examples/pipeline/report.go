package main

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/workflow"
)

// summary says how a job ended.
func (w *watcher) summary(j workflow.JobView, remark string) string {
	text := string(j.State)
	switch {
	case j.Status.Error != "":
		text += ": " + console.Printable(j.Status.Error)
	case remark != "":
		text += ": " + remark
	}
	if took := tookOf(j.Status); took != "" {
		text += " (" + took + ")"
	}
	return "  " + w.Paint(styleOf(j.State), symbolOf(j.State)+" "+text)
}

// tookOf returns how long a job took; empty if it did not start.
func tookOf(s workflow.JobStatus) string {
	if s.Count == 0 || s.Ended.IsZero() {
		return ""
	}
	d := s.Ended.Sub(s.Started)
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.1f s", d.Seconds())
}

// styleOf returns the colour of a state.
func styleOf[S workflow.JobState | workflow.RunState](state S) console.Style {
	switch string(state) {
	case "passed":
		return console.Green
	case "pending", "skipped":
		return console.Dim
	case "failed", "timeout", "rejected":
		return console.Red
	default:
		return console.Amber
	}
}

// symbolOf returns the mark of a state, which goes with its colour.
func symbolOf(state workflow.JobState) string {
	switch styleOf(state) {
	case console.Green:
		return "✓"
	case console.Dim:
		return "·"
	case console.Red:
		return "✗"
	default:
		return "!"
	}
}

// table shows every job with its state and how long it took.
func table(s *console.Screen, run *workflow.Run) {
	s.Heading(fmt.Sprintf("run %d", run.Number()))
	s.Line("%s", s.Paint(console.Dim, fmt.Sprintf("  %-10s%-12s%-12s%10s", "stage", "job", "state", "duration")))
	for _, stage := range run.Stages() {
		name := stage.Name
		for _, j := range stage.Jobs {
			state := s.Paint(styleOf(j.State), fmt.Sprintf("%-12s", j.State))
			s.Line("  %-10s%-12s%s%10s", name, j.Key, state, tookOf(j.Status))
			name = ""
		}
	}
}
