package main

import (
	"fmt"
	"io"
	"strings"
)

// tell writes the story: the chart, what happened, and what came of it.
func tell(w io.Writer, s *story, width int) error {
	var b strings.Builder
	b.WriteString(heading("who has it", width) + "\n\n" + chart(s, width))
	b.WriteString("\n" + heading("what happened, from the plan's audit trail", width) + "\n\n")
	for _, e := range s.entries {
		b.WriteString(clip(fmt.Sprintf("%s  %-10s  %s", e.At.Format("15:04"), clip(e.By.Label(), 10), happened(e)), width) + "\n")
	}
	b.WriteString("\n" + heading("what came of it", width) + "\n\n")
	end, lost, sum := s.end(), "", s.traffic()
	if users, longest := s.lost(); users > 0 {
		lost = fmt.Sprintf("%s of them had to do without it for %s in between.\n", count(int64(users)), span(longest))
	}
	fmt.Fprintf(&b, "The plan is %s. %s of %s users have %s.\n%s", s.state, count(int64(end.share)), count(int64(s.users)), feature, lost)
	fmt.Fprintf(&b, "%s of %s requests on the new path failed.\n", count(sum.failures), count(sum.requests))
	_, err := io.WriteString(w, b.String())
	return err
}
