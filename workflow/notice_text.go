package workflow

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/excerpt"
)

// How much of a notice people read, in characters.
const (
	maxSaid   = 1_000 // of what somebody said
	titleSaid = 100   // of that in a title
	titleName = 100   // of a name
)

// title tells a notice in one line; what is what happened.
func (d *NoticeData) title(what string) string {
	var b strings.Builder
	run := fmt.Sprintf("%q #%d", excerpt.Line(d.Workflow.Name, titleName), d.Run.Number)
	if d.Job != nil {
		fmt.Fprintf(&b, "Job %q of workflow %s %s", d.Job.Key, run, what)
	} else {
		fmt.Fprintf(&b, "Workflow %s %s", run, what)
	}
	switch {
	case d.Stage != "":
		fmt.Fprintf(&b, ": stage %q", excerpt.Line(d.Stage, titleName))
	case d.Job != nil && d.Job.Error != "":
		fmt.Fprintf(&b, ": %s", excerpt.Line(d.Job.Error, titleSaid))
	case d.Event == NotifyCanceled && d.Remark != "":
		fmt.Fprintf(&b, ": %s", excerpt.Line(d.Remark, titleSaid))
	case d.Event != NotifyCanceled && len(d.Failed) > 0:
		fmt.Fprintf(&b, ": %s", d.Failed[0].line(titleSaid))
	}
	return b.String()
}

// text tells a notice line by line.
func (d *NoticeData) text() string {
	var b strings.Builder
	line := func(label, format string, args ...any) { fmt.Fprintf(&b, label+": "+format+"\n", args...) }
	line("Workflow", "%s of project %s", d.Workflow.Key, excerpt.Line(d.Workflow.Project, titleName))
	line("Run", "number %d is %s", d.Run.Number, d.Run.State)
	if d.Stage != "" {
		line("Stage", "%s", excerpt.Line(d.Stage, titleName))
	}
	if d.Job != nil {
		line("Job", "%s is %s", d.Job.Key, d.Job.State)
		if d.Job.Error != "" {
			line("Error", "%s", d.Job.Error)
		}
	}
	for _, j := range d.Failed {
		line("Failed", "%s", j.line(maxSaid))
	}
	if d.More > 0 {
		line("Failed", "%d more", d.More)
	}
	if d.Previous != "" {
		line("Before", "%s", d.Previous)
	}
	line("Started by", "%s", excerpt.Line(d.Run.Creator.Label(), titleName))
	if o := d.Run.Origin; o != nil {
		line("For", "%s", excerpt.Line(o.label(), 2*titleName))
	}
	if by := d.By; by.ID != penstock.SystemID && by.ID != d.Run.Creator.ID {
		line("By", "%s", excerpt.Line(by.Label(), titleName))
	}
	line("At", "%s", d.At.Format(time.RFC3339))
	if took := d.took(); took > 0 {
		line("Took", "%s", took)
	}
	if d.Run.Remark != "" {
		line("Remark", "%s", d.Run.Remark)
	}
	if d.Remark != "" && d.Remark != d.Run.Remark {
		line("Why", "%s", d.Remark)
	}
	if d.Run.URL != "" {
		line("See", "%s", d.Run.URL)
	}
	return b.String()
}

// line tells how a job failed.
func (j *NoticeJob) line(limit int) string {
	if j.Error == "" {
		return fmt.Sprintf("job %s is %s", j.Key, j.State)
	}
	return fmt.Sprintf("job %s: %s", j.Key, excerpt.Line(j.Error, limit))
}

// took returns how long the job or the run took; 0 if it has not ended.
func (d *NoticeData) took() time.Duration {
	from, to := d.Run.Started, d.Run.Ended
	if d.Job != nil {
		from, to = d.Job.Started, d.Job.Ended
	}
	if from.IsZero() || to.Before(from) {
		return 0
	}
	took := to.Sub(from)
	if took > time.Minute {
		return took.Round(time.Second)
	}
	return took.Round(time.Millisecond)
}
