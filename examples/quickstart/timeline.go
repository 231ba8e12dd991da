package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/releaseplan"
)

// How wide everything is, in characters.
const (
	width     = 96
	nameWidth = 34
	barWidth  = 44
)

// A row is one bar of the timeline.
type row struct {
	name string
	as   console.Style
	span releaseplan.Span
	end  string // how it ended, if not well
}

// timeline draws what was planned against what happened, phase by phase.
func timeline(s *console.Screen, p *releaseplan.Plan) {
	rows := rowsOf(p)
	from, to := bounds(rows)
	if !to.After(from) {
		return
	}
	s.Heading("timeline")
	length := to.Sub(from)
	s.Line("%*s  %s  %s", nameWidth, "", axis(length), s.Paint(console.Dim, "took (planned)"))
	for _, r := range rows {
		var words []string
		if !r.span.Started.IsZero() {
			words = append(words, short(r.span.Ended.Sub(r.span.Started)))
		}
		if r.end != "" {
			words = append(words, r.end)
		} else if d := r.span.Planned.Length(); d > 0 {
			words = append(words, "("+short(d)+")")
		}
		name := fmt.Sprintf("%-*s", nameWidth, clip(r.name, nameWidth))
		s.Line("%s  %s  %s", s.Paint(r.as, name), bar(r.span, from, length), strings.Join(words, " "))
	}
	s.Line("%s", s.Paint(console.Dim, "█ happened as planned   ▒ happened at another time   ░ planned, but nothing happened"))
}

// rowsOf returns the approval, the phases and their tasks.
func rowsOf(p *releaseplan.Plan) []row {
	status := p.Status()
	var rows []row
	if r := status.Request; r != nil {
		rows = append(rows, row{name: "approval", as: console.Bold, span: ended(releaseplan.Span{Started: r.OpenedAt(), Ended: r.ClosedAt()}, status)})
	}
	phase := -1
	for _, t := range p.Tasks() {
		if t.Phase != phase {
			phase = t.Phase
			rows = append(rows, row{name: p.Content().Phases[phase].Name, as: console.Bold, span: ended(p.PhaseSpan(phase), status)})
		}
		span, err := p.TaskSpan(t.ID)
		if err != nil {
			continue
		}
		r := row{name: "  " + t.Name, span: ended(span, status)}
		switch {
		case t.State == releaseplan.TaskDone:
		case t.Status.Started.IsZero() && t.Status.State == releaseplan.TaskTodo:
			r.end = "not started"
		default:
			r.end = string(t.State)
		}
		rows = append(rows, r)
	}
	return rows
}

// ended lets a span that is open end with the latest change of the plan.
func ended(s releaseplan.Span, status releaseplan.Status) releaseplan.Span {
	if s.Ended.IsZero() && !s.Started.IsZero() {
		s.Ended = status.Updated.At
	}
	return s
}

// bounds returns when the first bar begins and the last one ends.
func bounds(rows []row) (from, to time.Time) {
	for _, r := range rows {
		for _, t := range []time.Time{r.span.Started, r.span.Ended, r.span.Planned.Start, r.span.Planned.Finish()} {
			if t.IsZero() {
				continue
			}
			if from.IsZero() || t.Before(from) {
				from = t
			}
			if t.After(to) {
				to = t
			}
		}
	}
	return from, to
}

// bar draws one span.
func bar(s releaseplan.Span, from time.Time, length time.Duration) string {
	var b strings.Builder
	pFirst, pLast := cells(s.Planned.Start, s.Planned.Finish(), from, length)
	aFirst, aLast := cells(s.Started, s.Ended, from, length)
	for i := range barWidth {
		planned, actual := i >= pFirst && i <= pLast, i >= aFirst && i <= aLast
		switch {
		case planned && actual:
			b.WriteRune('█')
		case actual:
			b.WriteRune('▒')
		case planned:
			b.WriteRune('░')
		default:
			b.WriteRune('·')
		}
	}
	return b.String()
}

// cells returns the first and the last cell of a stretch of time: at least one, and
// none if the stretch is not known.
func cells(start, end, from time.Time, length time.Duration) (first, last int) {
	if start.IsZero() || end.IsZero() {
		return 0, -1
	}
	cell := func(t time.Time) float64 { return float64(t.Sub(from)) / float64(length) * barWidth }
	first = min(int(cell(start)), barWidth-1)
	return first, max(first, min(int(cell(end)+0.999)-1, barWidth-1))
}

// axis writes the seconds above the bars.
func axis(length time.Duration) string {
	marks := []rune(strings.Repeat(" ", barWidth))
	copy(marks, []rune("|0s"))
	for i := 1; i < 4; i++ {
		at := i * barWidth / 4
		copy(marks[at:], []rune("|"+short(length*time.Duration(i)/4)))
	}
	end := []rune(short(length) + "|")
	copy(marks[barWidth-len(end):], end)
	return string(marks)
}
