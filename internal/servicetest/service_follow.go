package servicetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// follower gathers what Follow yields, until it ends.
type follower struct {
	seqs []int64
	err  error
	done chan struct{}
}

func follow(ctx context.Context, s *releaseplan.Service, id string, after int64) *follower {
	f := &follower{done: make(chan struct{})}
	go func() {
		defer close(f.done)
		for e, err := range s.FollowAfter(ctx, id, after, ann) {
			if err != nil {
				f.err = err
				continue
			}
			f.seqs = append(f.seqs, e.Seq)
		}
	}()
	return f
}

func span(from, to int64) (all []int64) {
	for n := from; n <= to; n++ {
		all = append(all, n)
	}
	return all
}

// Follow yields every change once and in order, and ends with the plan.
func (on suite) testFollowEndsWithThePlan(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *releaseplan.Service, *releaseplan.Plan){
		"completed": func(t *testing.T, s *releaseplan.Service, p *releaseplan.Plan) {
			for _, task := range p.Tasks() {
				command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Complete, Task: task.ID})
			}
		},
		"canceled": func(t *testing.T, s *releaseplan.Service, p *releaseplan.Plan) {
			command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Cancel})
		},
		"deleted": func(t *testing.T, s *releaseplan.Service, p *releaseplan.Plan) {
			must(t, 0, s.Delete(t.Context(), p.ID(), ann))
		},
	} {
		for _, elsewhere := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s/elsewhere=%v", name, elsewhere), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					st := on.open(t)
					s := on.service(t, releaseplan.Config{Store: st})
					by := s
					if elsewhere {
						by = on.service(t, releaseplan.Config{Store: st})
					}
					p := executed(t, s, contentOf("release", 1, 3, ""))
					begun := p.Status().Changes
					f, late := follow(t.Context(), s, p.ID(), 0), follow(t.Context(), s, p.ID(), begun)
					synctest.Wait()
					begin := time.Now()
					end(t, by, p)
					<-f.done
					<-late.done
					if took := time.Since(begin); took > time.Second || !elsewhere && took != 0 {
						t.Errorf("it took %v", took)
					}
					if f.err != nil || late.err != nil {
						t.Errorf("errors are %v and %v", f.err, late.err)
					}
					last := f.seqs[len(f.seqs)-1]
					if diff := cmp.Diff(span(1, last), f.seqs); diff != "" || last <= begun {
						t.Errorf("%d changes, then %s", begun, diff)
					}
					if diff := cmp.Diff(span(begun+1, last), late.seqs); diff != "" {
						t.Error(diff)
					}
				})
			})
		}
	}
}

func (on suite) testFollowOfAPlanAtItsEnd(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	p := executed(t, s, contentOf("release", 1, 1, ""))
	p = command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Cancel})
	n := p.Status().Changes
	for after := range n + 1 {
		f := follow(t.Context(), s, p.ID(), after)
		<-f.done
		if diff := cmp.Diff(span(after+1, n), f.seqs); diff != "" || f.err != nil {
			t.Errorf("after %d: %v, %s", after, f.err, diff)
		}
	}
}

func (on suite) testFollowEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := on.service(t, releaseplan.Config{})
		p := create(t, s, contentOf("release", 1, 1, ""))
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		f := follow(ctx, s, p.ID(), 0)
		<-f.done
		if !errors.Is(f.err, context.DeadlineExceeded) || len(f.seqs) != 1 {
			t.Errorf("%d entries, then %v", len(f.seqs), f.err)
		}
	})
}

func (on suite) testFollowStopsWhenTheListenerHasEnough(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	p := create(t, s, contentOf("release", 1, 1, ""))
	n := 0
	for range s.Follow(t.Context(), p.ID(), ann) {
		if n++; n == 1 {
			break
		}
	}
	if n != 1 {
		t.Errorf("%d entries", n)
	}
}

func (on suite) testHistoryPages(t *testing.T) {
	s := on.service(t, releaseplan.Config{})
	p := create(t, s, contentOf("release", 1, 1, ""))
	for i := range 120 {
		p = command(t, s, p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: fmt.Sprint(i)})
	}
	for _, test := range []struct {
		after       int64
		limit       int
		first, last int64
	}{{0, 0, 1, 100}, {0, 1_000, 1, 121}, {0, 7, 1, 7}, {100, 0, 101, 121}, {120, 5, 121, 121}} {
		entries, err := s.History(t.Context(), p.ID(), test.after, test.limit, ann)
		var seqs []int64
		for _, e := range must(t, entries, err) {
			seqs = append(seqs, e.Seq)
		}
		if diff := cmp.Diff(span(test.first, test.last), seqs); diff != "" {
			t.Errorf("%d after %d: %s", test.limit, test.after, diff)
		}
	}
	for _, test := range []struct {
		after int64
		limit int
	}{{-1, 0}, {0, -1}, {0, 1_001}} {
		if _, err := s.History(t.Context(), p.ID(), test.after, test.limit, ann); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%d after %d: %v", test.limit, test.after, err)
		}
	}
	if entries, err := s.History(t.Context(), p.ID(), 121, 0, ann); len(entries) != 0 || err != nil {
		t.Errorf("behind the end: %d entries, %v", len(entries), err)
	}
}
