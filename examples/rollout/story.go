package main

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// A story is what happened, as it was seen.
type story struct {
	users     int
	begun     time.Time
	bound     float64 // of the error rate
	minutes   []minute
	exposures []exposure
	entries   []releaseplan.Entry // the plan's audit trail
	state     releaseplan.State   // of the plan, at the end
}

// A minute is what was seen while it passed.
type minute struct {
	traffic
	share  int                // how many users had the feature
	sample releaseplan.Sample // the error rate at its end, as the safeguard measures it
}

// An exposure is who has the feature while one thing is served.
type exposure struct {
	at        time.Time
	milestone string // its name; empty if none is live
	share     int
	has       []bool // by user
}

// length returns how much virtual time has passed.
func (s *story) length() time.Duration { return time.Duration(len(s.minutes)) * time.Minute }

// end returns who has the feature in the end.
func (s *story) end() exposure { return s.exposures[len(s.exposures)-1] }

// lost returns how many users had the feature and then did not, and the longest
// time for which one was without it.
func (s *story) lost() (users int, longest time.Duration) {
	for u := range s.users {
		var since, away time.Duration
		had, gone := false, false
		for _, e := range s.exposures {
			now := e.at.Sub(s.begun)
			switch {
			case had && !e.has[u]:
				gone, since = true, now
			case !had && e.has[u] && gone:
				away = max(away, now-since)
			}
			had = e.has[u]
		}
		if gone && !had {
			away = max(away, s.length()-since)
		}
		if gone {
			users++
		}
		longest = max(longest, away)
	}
	return users, longest
}

// traffic returns all requests on the new path.
func (s *story) traffic() (sum traffic) {
	for _, m := range s.minutes {
		sum.requests += m.requests
		sum.failures += m.failures
	}
	return sum
}

// outcome is an error if the rollout did not come to its end.
func (s *story) outcome() error {
	if s.state != releaseplan.Completed {
		return fmt.Errorf("the plan is %s after %s", s.state, span(s.length()))
	}
	return nil
}
