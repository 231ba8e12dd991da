package approval_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// commands are all that can be done to a request, by name.
var commands = map[string]func(*approval.Request) (*approval.Request, error){
	"approve":              func(r *approval.Request) (*approval.Request, error) { return r.Vote(yes, actor("ann"), minutes(10)) },
	"reject":               func(r *approval.Request) (*approval.Request, error) { return r.Vote(no, actor("ann"), minutes(10)) },
	"approve as stranger":  func(r *approval.Request) (*approval.Request, error) { return r.Vote(yes, actor("eve"), minutes(10)) },
	"approve too late":     func(r *approval.Request) (*approval.Request, error) { return r.Vote(yes, actor("ann"), minutes(60)) },
	"lapse early":          func(r *approval.Request) (*approval.Request, error) { return r.Lapse(minutes(59)) },
	"lapse":                func(r *approval.Request) (*approval.Request, error) { return r.Lapse(minutes(60)) },
	"withdraw":             func(r *approval.Request) (*approval.Request, error) { return r.Withdraw(actor("max"), minutes(10)) },
	"withdraw too late":    func(r *approval.Request) (*approval.Request, error) { return r.Withdraw(actor("max"), minutes(60)) },
	"cancel":               func(r *approval.Request) (*approval.Request, error) { return r.Cancel(minutes(10)) },
	"cancel late":          func(r *approval.Request) (*approval.Request, error) { return r.Cancel(minutes(99)) },
	"answer pending":       answering(approval.Pending, 10),
	"answer approved":      answering(approval.Approved, 10),
	"answer rejected":      answering(approval.Rejected, 10),
	"answer canceled":      answering(approval.Canceled, 10),
	"answer lapsed":        answering(approval.Lapsed, 10),
	"answer too late":      answering(approval.Approved, 60),
	"replay the last vote": func(r *approval.Request) (*approval.Request, error) { return r.WithVote(ballot("bob", 0, yes)), nil },
	"set the instance":     func(r *approval.Request) (*approval.Request, error) { return r.WithInstance("i1") },
	"set no instance":      func(r *approval.Request) (*approval.Request, error) { return r.WithInstance("") },
}

func answering(outcome approval.State, minute int) func(*approval.Request) (*approval.Request, error) {
	return func(r *approval.Request) (*approval.Request, error) {
		return r.Answer(approval.Answer{Outcome: outcome}, minutes(minute))
	}
}

func ballot(id string, node int, v approval.Vote) approval.Vote {
	v.Who, v.Node, v.At = penstock.UserParty(id), node, minutes(5)
	return v
}

// same says that the command returns the request itself.
const same = "same"

// TestLife states what every command does in every state: the state that it
// leads to, same, or the kind of its error.
func TestLife(t *testing.T) {
	closed := map[string]string{
		"approve": "not now", "reject": "not now", "approve as stranger": "forbidden", "approve too late": "not now",
		"lapse early": "not now", "lapse": "not now", "withdraw": "not now", "withdraw too late": "not now", "cancel": "not now", "cancel late": "not now",
		"answer pending": same, "answer approved": same, "answer rejected": same, "answer canceled": same, "answer lapsed": same, "answer too late": same,
		"replay the last vote": same, "set no instance": "invalid",
	}
	pending := map[string]string{
		"approve as stranger": "forbidden", "approve too late": "not now",
		"lapse early": "not now", "lapse": "lapsed",
		"withdraw": "withdrawn", "withdraw too late": "not now", "cancel": "canceled", "cancel late": "canceled",
		"answer lapsed": "invalid", "answer too late": "not now", "set no instance": "invalid",
	}
	ofKind := map[string]map[string]string{
		"native": {
			"approve": "pending", "reject": "rejected", "replay the last vote": "pending", "set the instance": "not now",
			"answer pending": "not now", "answer approved": "not now", "answer rejected": "not now", "answer canceled": "not now",
		},
		"remote": {
			"approve": "not now", "reject": "not now", "replay the last vote": "pending", "set the instance": "pending",
			"answer pending": same, "answer approved": "approved", "answer rejected": "rejected", "answer canceled": "canceled",
		},
	}
	states := map[string]map[approval.State]*approval.Request{
		"native": {
			approval.Pending: native(t), approval.Approved: cast(t, native(t), yes, "bob", "cat"), approval.Rejected: cast(t, native(t), no, "bob"),
			approval.Lapsed: must(t)(native(t).Lapse(minutes(60))), approval.Withdrawn: must(t)(native(t).Withdraw(actor("max"), minutes(1))), approval.Canceled: must(t)(native(t).Cancel(minutes(1))),
		},
		"remote": {
			approval.Pending: remote(t), approval.Approved: must(t)(answering(approval.Approved, 1)(remote(t))), approval.Rejected: must(t)(answering(approval.Rejected, 1)(remote(t))),
			approval.Lapsed: must(t)(remote(t).Lapse(minutes(60))), approval.Withdrawn: must(t)(remote(t).Withdraw(actor("max"), minutes(1))), approval.Canceled: must(t)(remote(t).Cancel(minutes(1))),
		},
	}
	for kindName, requests := range states {
		for state, r := range requests {
			if r.State() != state {
				t.Fatalf("%s request is %s, want %s", kindName, r.State(), state)
			}
			for name, do := range commands {
				t.Run(kindName+"/"+string(state)+"/"+name, func(t *testing.T) {
					want := closed[name]
					switch {
					case state == approval.Pending && pending[name] != "":
						want = pending[name]
					case state == approval.Pending || name == "set the instance" && kindName == "native":
						want = ofKind[kindName][name]
					case name == "set the instance": // so that it can be canceled there
						want = string(state)
					}
					before := stored(t, r)
					next, err := do(r)
					got := kind(err)
					switch {
					case err != nil && next != nil:
						t.Errorf("an error and a request: %v", err)
					case err == nil && next == r:
						got = same
					case err == nil:
						got = string(next.State())
						if (next.State() == approval.Pending) != next.ClosedAt().IsZero() {
							t.Errorf("%s, closed at %s", next.State(), next.ClosedAt())
						}
					}
					if got != want {
						t.Errorf("got %s (%v), want %s", got, err, want)
					}
					if after := stored(t, r); after != before {
						t.Errorf("the receiver changed:\n%s\n%s", before, after)
					}
				})
			}
		}
	}
}

func TestRefusalsSayWhatCouldBeDone(t *testing.T) {
	_, err := cast(t, native(t), yes, "ann").Vote(no, actor("ann"), minutes(2))
	if got, want := refusal(t, err).Error(), "cannot vote: needs a first vote in the node"; got != want {
		t.Errorf("error = %q, want %q", got, want)
	}
	_, err = remote(t).Vote(yes, actor("ann"), minutes(1))
	if got, want := refusal(t, err).Error(), "cannot vote: needs a native request"; got != want {
		t.Errorf("error = %q, want %q", got, want)
	}
	_, err = native(t).Lapse(minutes(1))
	if got, want := refusal(t, err).Error(), "cannot lapse: needs the deadline (not before 2026-05-04T13:00:00Z)"; got != want {
		t.Errorf("error = %q, want %q", got, want)
	}
}

func TestTimesAreNeverBeforeTheOpening(t *testing.T) {
	for name, do := range map[string]func(at time.Time) error{
		"vote":     func(at time.Time) error { _, err := native(t).Vote(yes, actor("ann"), at); return err },
		"withdraw": func(at time.Time) error { _, err := native(t).Withdraw(actor("max"), at); return err },
		"cancel":   func(at time.Time) error { _, err := native(t).Cancel(at); return err },
		"answer": func(at time.Time) error {
			_, err := remote(t).Answer(approval.Answer{Outcome: approval.Approved}, at)
			return err
		},
	} {
		for _, at := range []time.Time{{}, noon.Add(-time.Microsecond)} {
			if err := do(at); kind(err) != "invalid" {
				t.Errorf("%s at %s: %v", name, at, err)
			}
		}
		if err := do(noon); err != nil {
			t.Errorf("%s at the opening: %v", name, err)
		}
	}
	far := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	if _, err := native(t).Lapse(far); kind(err) != "invalid" {
		t.Errorf("lapse at %s: %v", far, err)
	}
	p := policy(approval.Native, node(approval.Any, 0, "ann"))
	p.TimeoutMinutes = 0
	for year, want := range map[int]string{9999: "", 10000: "invalid"} {
		_, err := open(t, opening(p)).Cancel(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC))
		if kind(err) != want {
			t.Errorf("year %d: %v", year, err)
		}
	}
}
