package approval

import (
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// An Explanation says what a request waits for, or how it ended.
type Explanation struct {
	State     State
	Node      int              // index of the node that is asked; see [Request.Current]
	Nodes     int              // how many there are
	Needed    int              // approvals still needed in that node; 0 once the request is closed
	Missing   []penstock.Party // who may still vote in that node; nobody once the request is closed
	Approved  []penstock.Party // who approved, in any node; once for each vote
	Rejected  []penstock.Party // who rejected
	Excluded  []Exclusion      // who is named in that node and may not vote
	Reachable bool             // it is approved, or can still be
	Lapses    time.Time        // when it lapses unless it is decided before; zero: never, or it is closed
}

// Explain says where the request stands at that time. It changes nothing: a request
// whose deadline has come explains itself as pending and not reachable until it
// is lapsed.
func (r *Request) Explain(at time.Time) Explanation {
	e := Explanation{State: r.state, Node: r.Current(), Nodes: len(r.Panels), Reachable: r.state == Approved}
	for _, v := range r.votes {
		if v.Decision == Approve {
			e.Approved = append(e.Approved, v.Who)
		} else {
			e.Rejected = append(e.Rejected, v.Who)
		}
	}
	if e.Nodes == 0 {
		return e
	}
	open := r.Panels[e.Node]
	e.Excluded = append(e.Excluded, open.Excluded...)
	if r.state != Pending {
		return e
	}
	e.Lapses = r.Deadline()
	e.Needed = max(0, open.Needed-r.tallies()[e.Node].approvals)
	e.Missing = r.missing(e.Node)
	e.Reachable = !r.due(instant(at)) && r.reachable()
	return e
}

// missing returns who has a vote in a node and has not used it.
func (r *Request) missing(node int) (missing []penstock.Party) {
	voted := map[string]bool{}
	for _, v := range r.votes {
		voted[v.Who.ID] = voted[v.Who.ID] || v.Node == node
	}
	for _, p := range r.Panels[node].Approvers {
		if !voted[p.ID] {
			missing = append(missing, p)
		}
	}
	return missing
}

// reachable reports whether the votes that are still out can approve: nobody
// rejected, and in each node there are enough of them.
func (r *Request) reachable() bool {
	for i, t := range r.tallies() {
		if t.rejections > 0 || t.approvals+len(r.missing(i)) < r.Panels[i].Needed {
			return false
		}
	}
	return true
}

// String says it in one line:
//
//	pending in node 1 of 2: 1 approval needed from ann, bob; dan (author) may not vote; lapses 2026-05-04T12:00:00Z
func (e Explanation) String() string {
	var b strings.Builder
	b.WriteString(string(e.State))
	if e.Nodes > 1 && e.State == Pending {
		fmt.Fprintf(&b, " in node %d of %d", e.Node+1, e.Nodes)
	}
	separator := ": "
	say := func(format string, args ...any) {
		fmt.Fprintf(&b, separator+format, args...)
		separator = "; "
	}
	if e.Needed > 0 {
		plural := "s"
		if e.Needed == 1 {
			plural = ""
		}
		say("%d approval%s needed from %s", e.Needed, plural, list(e.Missing, penstock.Party.Label))
	}
	if len(e.Approved) > 0 {
		say("approved by %s", list(e.Approved, penstock.Party.Label))
	}
	if len(e.Rejected) > 0 {
		say("rejected by %s", list(e.Rejected, penstock.Party.Label))
	}
	if len(e.Excluded) > 0 {
		say("%s may not vote", list(e.Excluded, Exclusion.String))
	}
	if e.State == Pending && !e.Reachable {
		say("can no longer be approved")
	}
	if !e.Lapses.IsZero() {
		say("lapses %s", e.Lapses.Format(time.RFC3339))
	}
	return b.String()
}

// String returns whom, and why: "ann (author)".
func (e Exclusion) String() string {
	return fmt.Sprintf("%s (%s)", e.Party.Label(), strings.ReplaceAll(string(e.Why), "_", " "))
}

// shown is how many names a sentence takes.
const shown = 5

func list[T any](all []T, name func(T) string) string {
	if len(all) == 0 {
		return "nobody"
	}
	var names []string
	for _, x := range all[:min(len(all), shown)] {
		names = append(names, name(x))
	}
	if more := len(all) - shown; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names, ", "), more)
	}
	return strings.Join(names, ", ")
}
