package workflow

import "slices"

// A listening is whom the runs of a graph have to tell. It is immutable.
type listening struct {
	run     []listener
	jobs    map[*Job]*jobListening
	changed bool // somebody of run asks whether the run ended otherwise than the one before
}

// A jobListening is who is told of one job of the definition, which is nodes[first:end].
type jobListening struct {
	job        *Job
	first, end int
	listeners  []listener
}

// A listener is an enabled control where it is.
type listener struct {
	NotifyControl
	path string
}

// hears reports whether it asked for one of types.
func (l *listener) hears(types ...NotifyType) bool {
	return slices.ContainsFunc(l.Types, func(t NotifyType) bool { return slices.Contains(types, t) })
}

// newListening returns whom a graph has to tell; nil: nobody. What cannot be read
// tells nobody.
func newListening(g *graph) *listening {
	var l *listening
	for c := range g.def.controls() {
		n, err := ParseNotifyControl(c.text)
		if err != nil || !n.Enabled || len(n.Types) == 0 {
			continue
		}
		if l == nil {
			l = &listening{jobs: make(map[*Job]*jobListening)}
		}
		l.add(g, c, listener{n, c.path})
	}
	if l == nil || len(l.run) == 0 && len(l.jobs) == 0 {
		return nil
	}
	return l
}

func (l *listening) add(g *graph, c placedControl, who listener) {
	if c.job == nil {
		l.run = append(l.run, who)
		l.changed = l.changed || who.hears(NotifyChanged)
		return
	}
	j := l.jobs[c.job]
	if j == nil {
		first := slices.IndexFunc(g.nodes, func(n node) bool { return n.job == c.job })
		if first < 0 { // it is left out
			return
		}
		j = &jobListening{job: c.job, first: first, end: first + 1}
		for j.end < len(g.nodes) && g.nodes[j.end].job == c.job {
			j.end++
		}
		l.jobs[c.job] = j
	}
	j.listeners = append(j.listeners, who)
}

// audible reports whether somebody may have to be told of a change.
func (l *listening) audible(c *Change) bool {
	switch c.Kind {
	case RunCreated:
		return len(l.run) > 0
	case RunMoved:
		return c.Action == RetryRun || c.To == string(RunPaused) || RunState(c.To).Ended()
	case StageAsked:
		return c.Action == open
	case JobMoved:
		return len(l.jobs) > 0 || asksPeople(c) != ""
	default:
		return false
	}
}

// asksPeople returns what it is that a job begins to wait for people; empty if it does not.
func asksPeople(c *Change) NotifyType {
	switch {
	case c.Kind != JobMoved:
	case c.To == string(JobWaiting) && c.Action == open:
		return NotifyWaiting
	case c.To == string(JobDeciding) && c.Action == ask:
		return NotifyManualErrors
	}
	return ""
}
