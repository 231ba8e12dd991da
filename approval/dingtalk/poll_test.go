package dingtalk_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

func TestNodesAreAskedInOrderUntilTheLastApproves(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	r := request(t, "r1", node(approval.Any, "ann", "bob"), node(approval.All, "cat", "dan"), node(approval.All, "eve"))
	id := create(t, p, r)
	o := f.the(id)
	want := []asking{
		{ActionType: "OR", UserIDs: []string{"ding-ann", "ding-bob"}},
		{ActionType: "AND", UserIDs: []string{"ding-cat", "ding-dan"}},
		{ActionType: "NONE", UserIDs: []string{"ding-eve"}},
	}
	if diff := cmp.Diff(want, o.Steps); diff != "" || o.Originator != "ding-max" || o.Form[1].Value != "Checkout 2.4" {
		t.Errorf("asked %+v\n%s", o, diff)
	}
	r, err := r.WithInstance(id)
	if err != nil {
		t.Fatal(err)
	}
	moves := []struct {
		does  func()
		state approval.State
		votes []approval.Vote
	}{
		{func() {}, approval.Pending, nil},
		{func() { f.agree(id, "ding-bob", "fine") }, approval.Pending, []approval.Vote{saidSo(yes("bob", 0), "fine")}},
		{func() { f.agree(id, "ding-dan", "") }, approval.Pending, []approval.Vote{saidSo(yes("bob", 0), "fine"), yes("dan", 1)}},
		{func() { f.agree(id, "ding-cat", ""); f.agree(id, "ding-eve", "") }, approval.Approved,
			[]approval.Vote{saidSo(yes("bob", 0), "fine"), yes("cat", 1), yes("dan", 1), yes("eve", 2)}},
	}
	for i, move := range moves {
		move.does()
		a, err := p.Poll(t.Context(), id)
		if err != nil {
			t.Fatalf("after move %d: %v", i, err)
		}
		state, votes := told(a)
		if diff := cmp.Diff(move.votes, votes, byNode); state != move.state || diff != "" {
			t.Errorf("after move %d: %s\n%s", i, state, diff)
		}
		if r, err = r.Answer(a, time.Now()); err != nil || r.State() != move.state {
			t.Fatalf("after move %d: the request is %s, %v", i, r.State(), err)
		}
	}
}

// byNode compares votes whatever their order: times are to the minute.
var byNode = cmp.Transformer("sorted", func(votes []approval.Vote) map[string]approval.Vote {
	by := make(map[string]approval.Vote, len(votes))
	for _, v := range votes {
		by[v.Who.ID] = v
	}
	return by
})

func TestPollTellsWhatCameOfIt(t *testing.T) {
	t.Parallel()
	steps := []approval.Node{node(approval.Any, "ann", "bob"), node(approval.All, "cat", "dan")}
	tests := []struct {
		rule  string
		does  func(f *fake, id string)
		state approval.State
		votes []approval.Vote
	}{
		{"the first refusal rejects", func(f *fake, id string) { f.refuse(id, "ding-ann", "not today") },
			approval.Rejected, []approval.Vote{saidSo(no("ann", 0), "not today")}},
		{"a refusal later rejects too", func(f *fake, id string) { f.agree(id, "ding-ann", ""); f.refuse(id, "ding-dan", "") },
			approval.Rejected, []approval.Vote{yes("ann", 0), no("dan", 1)}},
		{"whoever refuses rejects", func(f *fake, id string) {
			f.does(id, func(o *opened, now time.Time) { o.handOver(now, "ding-ann", "ding-zed") })
			f.refuse(id, "ding-zed", "")
		}, approval.Rejected, nil},
		{"revoked is canceled", func(f *fake, id string) {
			f.does(id, func(o *opened, now time.Time) { o.stop(now) })
		}, approval.Canceled, nil},
		{"canceled is canceled", func(f *fake, id string) {
			f.does(id, func(o *opened, _ time.Time) { o.Status = "CANCELED" })
		}, approval.Canceled, nil},
		{"new is pending", func(f *fake, id string) {
			f.does(id, func(o *opened, _ time.Time) { o.Status = "NEW" })
		}, approval.Pending, nil},
		{"running is pending, whatever result it claims", func(f *fake, id string) {
			f.does(id, func(o *opened, _ time.Time) { o.Result = "agree" })
		}, approval.Pending, nil},
		{"who handed a task over has not voted", func(f *fake, id string) {
			f.does(id, func(o *opened, now time.Time) { o.handOver(now, "ding-ann", "ding-zed") })
			f.agree(id, "ding-zed", "")
		}, approval.Pending, nil},
		{"who got it back has", func(f *fake, id string) {
			f.does(id, func(o *opened, now time.Time) {
				o.handOver(now, "ding-ann", "ding-zed")
				o.handOver(now, "ding-zed", "ding-ann")
			})
			f.agree(id, "ding-ann", "")
		}, approval.Pending, []approval.Vote{yes("ann", 0)}},
		{"who is asked again has not voted", func(f *fake, id string) {
			f.agree(id, "ding-ann", "")
			f.does(id, func(o *opened, _ time.Time) { o.ask("ding-ann") })
		}, approval.Pending, nil},
		{"who passed automatically has not voted", func(f *fake, id string) {
			f.does(id, func(o *opened, now time.Time) {
				o.finish("ding-ann", "AGREE")
				o.record(now, "ding-ann", "EXECUTE_TASK_AUTO", "AGREE", "")
				o.settle(now, "AGREE")
			})
		}, approval.Pending, nil},
		{"who sent it back has not voted", func(f *fake, id string) {
			f.agree(id, "ding-ann", "")
			f.does(id, func(o *opened, now time.Time) { o.record(now, "ding-ann", "EXECUTE_TASK_NORMAL", "BACK", "") })
		}, approval.Pending, nil},
		{"whose task was canceled has not voted", func(f *fake, id string) {
			f.does(id, func(o *opened, now time.Time) {
				o.drop("CANCELED")
				o.record(now, "ding-ann", "EXECUTE_TASK_NORMAL", "AGREE", "")
			})
		}, approval.Pending, nil},
		{"the last decision counts, in whatever order they are told", func(f *fake, id string) {
			f.refuse(id, "ding-bob", "no after all")
			f.does(id, func(o *opened, now time.Time) {
				o.record(now.Add(-time.Hour), "ding-bob", "EXECUTE_TASK_NORMAL", "AGREE", "yes")
			})
		}, approval.Rejected, []approval.Vote{saidSo(no("bob", 0), "no after all")}},
		{"remarks of others are no votes", func(f *fake, id string) {
			f.does(id, func(o *opened, now time.Time) { o.record(now, "ding-ann", "ADD_REMARK", "AGREE", "I would") })
		}, approval.Pending, nil},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			t.Parallel()
			f, p := served(t)
			id := create(t, p, request(t, "r1", steps...))
			test.does(f, id)
			a, err := p.Poll(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			state, votes := told(a)
			if diff := cmp.Diff(test.votes, votes, byNode); state != test.state || diff != "" {
				t.Errorf("%s\n%s", state, diff)
			}
		})
	}
}

// What DingTalk calls agreed is not believed unless those who were asked bear it out.
func TestAgreedIsNotApprovedWithoutThoseWhoWereAsked(t *testing.T) {
	t.Parallel()
	end := func(f *fake, id string) {
		f.does(id, func(o *opened, _ time.Time) { o.Status, o.Result = "COMPLETED", "agree" })
	}
	tests := []struct {
		rule, says string
		does       func(f *fake, id string)
	}{
		{"a stranger agreed", "handed over", func(f *fake, id string) {
			f.does(id, func(o *opened, now time.Time) { o.handOver(now, "ding-ann", "ding-zed") })
			f.agree(id, "ding-zed", "")
			f.agree(id, "ding-cat", "")
			f.agree(id, "ding-dan", "")
		}},
		{"a delegate agreed", "delegated", func(f *fake, id string) {
			f.does(id, func(o *opened, now time.Time) {
				o.finish("ding-ann", "AGREE")
				o.record(now, "ding-ann", "EXECUTE_TASK_AGENT", "AGREE", "")
				o.settle(now, "AGREE")
			})
			f.agree(id, "ding-cat", "")
			f.agree(id, "ding-dan", "")
		}},
		{"the initiator passed automatically", "automatically", func(f *fake, id string) {
			f.agree(id, "ding-ann", "")
			f.agree(id, "ding-cat", "")
			f.does(id, func(o *opened, now time.Time) {
				o.finish("ding-dan", "AGREE")
				o.record(now, "ding-dan", "EXECUTE_TASK_AUTO", "AGREE", "")
				o.settle(now, "AGREE")
			})
		}},
		{"nobody did", "0 of 1", end},
		{"one of all did", "1 of 2", func(f *fake, id string) {
			f.agree(id, "ding-ann", "")
			f.agree(id, "ding-cat", "")
			end(f, id)
		}},
		{"somebody refused", "bob refused", func(f *fake, id string) {
			f.refuse(id, "ding-bob", "")
			end(f, id)
		}},
		{"a record without its task", "0 of 1", func(f *fake, id string) {
			f.does(id, func(o *opened, now time.Time) {
				for _, user := range []string{"ding-ann", "ding-cat", "ding-dan"} {
					o.record(now, user, "EXECUTE_TASK_NORMAL", "AGREE", "")
				}
			})
			end(f, id)
		}},
		{"a task without its record", "0 of 1", func(f *fake, id string) {
			for _, user := range []string{"ding-ann", "ding-cat", "ding-dan"} {
				f.agree(id, user, "")
			}
			f.does(id, func(o *opened, _ time.Time) { o.Records = nil })
		}},
		{"sent back, and handed over then", "1 of 2", func(f *fake, id string) {
			f.agree(id, "ding-ann", "")
			f.agree(id, "ding-cat", "")
			f.agree(id, "ding-dan", "")
			f.does(id, func(o *opened, now time.Time) {
				o.at, o.Status, o.Result = 1, "RUNNING", ""
				o.record(now, "ding-eve", "REDIRECT_PROCESS", "NONE", "")
				o.ask("ding-dan")
				o.handOver(now, "ding-dan", "ding-zed")
			})
			f.agree(id, "ding-zed", "")
		}},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			t.Parallel()
			f, p := served(t)
			id := create(t, p, request(t, "r1", node(approval.Any, "ann", "bob"), node(approval.All, "cat", "dan")))
			test.does(f, id)
			if o := f.the(id); o.Status != "COMPLETED" || o.Result != "agree" {
				t.Fatalf("the instance is %s %s", o.Status, o.Result)
			}
			if a, err := p.Poll(t.Context(), id); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%+v, %v, want %q", a, err, test.says)
			}
		})
	}
}

func TestPollOfAnUnknownInstanceIsNotFound(t *testing.T) {
	t.Parallel()
	_, p := served(t)
	if a, err := p.Poll(t.Context(), "gone"); !errors.Is(err, penstock.ErrNotFound) {
		t.Errorf("%+v, %v", a, err)
	}
	if _, err := p.Poll(t.Context(), ""); !errors.Is(err, penstock.ErrInvalid) {
		t.Error(err)
	}
}
