package servicetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// fight lets n goroutines do something at once, through one Service or two over
// the same store by turns.
func (on suite) fight(t *testing.T, n int, prepare func(*releaseplan.Service) *releaseplan.Plan, do func(s *releaseplan.Service, p *releaseplan.Plan, i int), check func(*testing.T, *releaseplan.Plan, []releaseplan.Entry)) {
	for _, replicas := range []int{1, 2} {
		t.Run(fmt.Sprintf("%d services", replicas), func(t *testing.T) {
			st := on.open(t)
			services := []*releaseplan.Service{on.service(t, releaseplan.Config{Store: st}), on.service(t, releaseplan.Config{Store: st})}
			p := prepare(services[0])
			var wg sync.WaitGroup
			begin := make(chan struct{})
			for i := range n {
				wg.Go(func() {
					<-begin
					do(services[i%replicas], p, i)
				})
			}
			close(begin)
			wg.Wait()
			got, err := services[1].Get(t.Context(), p.ID(), ann)
			trail, historyErr := services[1].History(t.Context(), p.ID(), p.Status().Changes, 1_000, ann)
			check(t, must(t, got, err), must(t, trail, historyErr))
			intact(t, st)
		})
	}
}

// persistently does a command until it is not a conflict.
func persistently(t *testing.T, s *releaseplan.Service, id string, c releaseplan.Command, by penstock.Actor) (err error) {
	for range 1_000 {
		if _, err = s.Do(t.Context(), id, c, by); !errors.Is(err, penstock.ErrConflict) {
			return err
		}
	}
	return err
}

func (on suite) testThirtyTwoCompleteTheSameTask(t *testing.T) {
	var won atomic.Int64
	on.fight(t, 32,
		func(s *releaseplan.Service) *releaseplan.Plan {
			won.Store(0)
			return executed(t, s, contentOf("release", 1, 2, releaseplan.Parallel))
		},
		func(s *releaseplan.Service, p *releaseplan.Plan, _ int) {
			err := persistently(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[0].ID}, ann)
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, penstock.ErrRefused):
				t.Errorf("error is %v", err)
			}
		},
		func(t *testing.T, p *releaseplan.Plan, trail []releaseplan.Entry) {
			if won.Load() != 1 || len(trail) != 1 || p.Tasks()[0].Status.Count != 1 {
				t.Errorf("%d won, %d changes, %d attempts", won.Load(), len(trail), p.Tasks()[0].Status.Count)
			}
		})
}

func (on suite) testThirtyTwoCompleteEachItsOwn(t *testing.T) {
	on.fight(t, 32,
		func(s *releaseplan.Service) *releaseplan.Plan {
			return executed(t, s, contentOf("release", 1, 32, releaseplan.Parallel))
		},
		func(s *releaseplan.Service, p *releaseplan.Plan, i int) {
			if err := persistently(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[i].ID}, ann); err != nil {
				t.Errorf("error is %v", err)
			}
		},
		func(t *testing.T, p *releaseplan.Plan, _ []releaseplan.Entry) {
			if p.State() != releaseplan.Completed || p.TaskCount().Done != 32 {
				t.Errorf("the plan is %s with %+v", p.State(), p.TaskCount())
			}
		})
}

func (on suite) testCancelRacesWithStart(t *testing.T) {
	var started atomic.Int64
	on.fight(t, 32,
		func(s *releaseplan.Service) *releaseplan.Plan {
			started.Store(0)
			return executed(t, s, contentOf("release", 1, 32, releaseplan.Parallel))
		},
		func(s *releaseplan.Service, p *releaseplan.Plan, i int) {
			c := releaseplan.Command{Action: releaseplan.Start, Task: p.Tasks()[i].ID}
			if i == 16 {
				c = releaseplan.Command{Action: releaseplan.Cancel}
			}
			switch err := persistently(t, s, p.ID(), c, ann); {
			case err == nil && i != 16:
				started.Add(1)
			case err != nil && (i == 16 || !errors.Is(err, penstock.ErrRefused)):
				t.Errorf("error is %v", err)
			}
		},
		func(t *testing.T, p *releaseplan.Plan, _ []releaseplan.Entry) {
			var attempts int64
			for _, task := range p.Tasks() {
				attempts += int64(task.Status.Count)
			}
			if p.State() != releaseplan.Canceled || p.TaskCount().Canceled != 32 || attempts != started.Load() {
				t.Errorf("the plan is %s, %+v, %d attempts of %d that were acknowledged", p.State(), p.TaskCount(), attempts, started.Load())
			}
		})
}

func (on suite) testVotesRace(t *testing.T) {
	var won atomic.Int64
	on.fight(t, 32,
		func(s *releaseplan.Service) *releaseplan.Plan {
			won.Store(0)
			c := contentOf("release", 1, 1, "")
			var voters []penstock.Party
			for i := range 16 {
				voters = append(voters, penstock.UserParty(fmt.Sprint("voter", i)))
			}
			c.Approval = &approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{{Need: approval.KOf, K: 9, Approvers: voters}}}
			p := create(t, s, c)
			command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Finalize})
			return command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.RequestApproval})
		},
		func(s *releaseplan.Service, p *releaseplan.Plan, i int) { // everybody tries twice
			err := persistently(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Vote, Vote: approval.Approve}, penstock.Actor{ID: fmt.Sprint("voter", i/2)})
			switch {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, penstock.ErrRefused):
				t.Errorf("error is %v", err)
			}
		},
		func(t *testing.T, p *releaseplan.Plan, trail []releaseplan.Entry) {
			votes := 0
			for _, e := range trail {
				if e.Kind == releaseplan.ApprovalVoted {
					votes++
				}
			}
			if p.State() != releaseplan.Approved || votes != 9 || won.Load() != 9 {
				t.Errorf("the plan is %s, %d votes, %d acknowledged", p.State(), votes, won.Load())
			}
		})
}

// Readers, writers and followers of many plans at once, in a cache that holds few
// of them: for the race detector.
func (on suite) testEverythingAtOnce(t *testing.T) {
	st := on.open(t)
	s := on.service(t, releaseplan.Config{Store: st, CacheBytes: 64 << 10})
	var plans []*releaseplan.Plan
	for i := range 8 {
		plans = append(plans, executed(t, s, contentOf(fmt.Sprint(i), 1, 8, releaseplan.Parallel)))
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for k := range 8 {
				p := plans[(i+k)%8]
				if err := persistently(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: p.Tasks()[i].ID}, ann); err != nil {
					t.Error(err)
				}
				if _, err := s.Get(t.Context(), p.ID(), ann); err != nil {
					t.Error(err)
				}
				if _, err := s.List(t.Context(), releaseplan.Filter{States: []releaseplan.State{releaseplan.Running}}, ann); err != nil {
					t.Error(err)
				}
			}
		})
		wg.Go(func() {
			done := 0
			for e, err := range s.Follow(t.Context(), plans[i].ID(), ann) {
				if err != nil {
					t.Error(err)
				}
				if e.Kind == releaseplan.TaskEnded {
					done++
				}
			}
			if done != 8 {
				t.Errorf("a follower saw %d tasks end", done)
			}
		})
	}
	wg.Wait()
	intact(t, st)
}
