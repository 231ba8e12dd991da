package approval

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// WithInstance returns the request with the code under which a [Provider] knows
// it. The code is set once: the same again returns r itself, another one is
// refused ([penstock.ErrRefused]), as is any for a native request. An empty or
// oversized code is [penstock.ErrInvalid]. A closed request takes a code too,
// so that an instance that was created in the meantime can be canceled.
func (r *Request) WithInstance(code string) (*Request, error) {
	var f faults
	f.text("instance", code, MaxText)
	if code == "" {
		f.add("instance", "must not be empty")
	}
	switch {
	case f != nil:
		return nil, f.join()
	case !r.Kind().Remote():
		return nil, &penstock.RefusedError{Action: "set_instance", State: string(r.state), Needs: []string{remote.Needs}}
	case r.instance == code:
		return r, nil
	case r.instance != "":
		return nil, &penstock.RefusedError{Action: "set_instance", State: string(r.state), Needs: []string{"a request without an instance"}}
	}
	next := *r
	next.instance = code
	return &next, nil
}

// Answer returns the request as it is with what its [Provider] reported: the
// votes replace those known before, and the outcome is the provider's, however
// its votes add up. An answer that tells nothing new, and any answer to a
// request that is closed, returns r itself.
//
// An outcome or a vote that a provider cannot report is an
// [*penstock.InvalidError] with its path; so is the approval of somebody whom
// the separation of duties excludes. Comments that are too long or not UTF-8 are
// mended instead, since nobody could correct them there. An answer to a native
// request, and any from the deadline on, is refused ([*penstock.RefusedError]).
func (r *Request) Answer(a Answer, at time.Time) (*Request, error) {
	if life.IsFinal(r.state) {
		return r, nil
	}
	at, err := r.instantOf(at)
	f := r.checkAnswer(a)
	if err != nil {
		f = append(f, err)
	}
	if f != nil {
		return nil, f.join()
	}
	if _, err := life.Next(moment{request: r, at: at}, r.state, answer); err != nil {
		return nil, err
	}
	votes := kept(a.Votes)
	if a.Outcome == Pending && slices.Equal(votes, r.votes) {
		return r, nil
	}
	next := *r
	next.votes = votes
	if a.Outcome == Canceled {
		return next.Cancel(at)
	}
	return moment{request: &next, at: at, outcome: a.Outcome}.settled(), nil
}

func (r *Request) checkAnswer(a Answer) (f faults) {
	switch a.Outcome {
	case Pending, Approved, Rejected, Canceled:
	default:
		f.add("outcome", "must be %s, %s, %s or %s", Pending, Approved, Rejected, Canceled)
	}
	if n := MaxNodes * MaxVoters; len(a.Votes) > n {
		f.add("votes", "must be at most %d", n)
		return f
	}
	type ballot struct {
		node int
		who  string
	}
	seen := make(map[ballot]bool, len(a.Votes))
	for i, v := range a.Votes {
		sub := r.checkReported(v)
		cast := ballot{v.Node, v.Who.ID}
		if seen[cast] {
			sub.add("who", "has voted in nodes[%d] already", v.Node)
		}
		seen[cast] = true
		if sub != nil {
			f.under(fmt.Sprintf("votes[%d]", i), sub)
		}
	}
	return f
}

func (r *Request) checkReported(v Vote) (f faults) {
	f.under("who", checkParty(v.Who, true))
	if v.Who.Type == penstock.Group {
		f.add("who.type", "must be %s", penstock.User)
	}
	if v.Node < 0 || v.Node >= len(r.Panels) {
		f.add("node", "must be from 0 to %d", len(r.Panels)-1)
	}
	if v.Decision != Approve && v.Decision != Reject {
		f.add("decision", "must be %s or %s", Approve, Reject)
	}
	if v.At.IsZero() || v.At.UTC().Year() < 1 || v.At.UTC().Year() > maxYear {
		f.add("at", "must be a time from year 1 to %d", maxYear)
	}
	if e := r.exclusion(v.Who.ID); e != nil && v.Decision == Approve {
		f.add("who", "must not be %s, whom the separation of duties excludes", e)
	}
	return f
}

// kept returns reported votes in the form in which a request keeps them.
func kept(votes []Vote) []Vote {
	votes = slices.Clone(votes)
	for i := range votes {
		v := &votes[i]
		v.Who.Type = penstock.User
		v.At = instant(v.At)
		v.Comment = strings.ToValidUTF8(v.Comment, "\uFFFD")
		if len(v.Comment) > MaxText {
			v.Comment = strings.ToValidUTF8(v.Comment[:MaxText], "") // a rune may have been cut
		}
	}
	return votes
}
