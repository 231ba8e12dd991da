package releaseplan_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// cSizes are the sizes of plan that every benchmark is run on.
var cSizes = []struct{ phases, tasks int }{{1, 1}, {10, 20}, {50, 100}}

// BenchmarkServiceDo holds and releases one task: two commands that a plan takes
// for ever. Each op is one Do.
func BenchmarkServiceDo(b *testing.B) {
	for _, size := range cSizes {
		b.Run(fmt.Sprintf("%dx%d", size.phases, size.tasks), func(b *testing.B) {
			s := cService(releaseplan.Config{Now: time.Now})
			p := cRunning(b, s, cContent("bench", size.phases, size.tasks, releaseplan.Parallel))
			task := p.Tasks()[0].ID
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				action := releaseplan.Hold
				if n%2 == 1 {
					action = releaseplan.Release
				}
				n++
				if _, err := s.Do(b.Context(), p.ID(), releaseplan.Command{Action: action, Task: task}, cAnn); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkServiceDoTask starts, fails and retries one task: each op is one Do, and
// the task's attempts pile up to what a status keeps.
func BenchmarkServiceDoTask(b *testing.B) {
	turn := []releaseplan.Action{releaseplan.Start, releaseplan.Fail, releaseplan.Retry}
	for _, size := range cSizes[1:] {
		b.Run(fmt.Sprintf("%dx%d", size.phases, size.tasks), func(b *testing.B) {
			s := cService(releaseplan.Config{Now: time.Now})
			p := cRunning(b, s, cContent("bench", size.phases, size.tasks, releaseplan.Parallel))
			tasks := p.Tasks()[:size.tasks]
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				c := releaseplan.Command{Action: turn[n%3], Task: tasks[n/3/300%len(tasks)].ID}
				if _, err := s.Do(b.Context(), p.ID(), c, cAnn); err != nil {
					b.Fatal(err)
				}
				n++
			}
		})
	}
}

// BenchmarkServiceDoParallel is 1 and 8 goroutines on 1,000 plans of 10x20: what they do is
// the same, so the ratio is what the second core is good for.
func BenchmarkServiceDoParallel(b *testing.B) {
	s := cService(releaseplan.Config{Now: time.Now, CacheBytes: 1 << 30})
	var plans, tasks []string
	for i := range 1_000 {
		p := cRunning(b, s, cContent(fmt.Sprint(i), 10, 20, releaseplan.Parallel))
		plans, tasks = append(plans, p.ID()), append(tasks, p.Tasks()[0].ID)
	}
	var turn atomic.Int64 // every plan in turn: claimed, released, claimed, …
	for _, goroutines := range []int{1, 8} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			b.ReportAllocs()
			var left atomic.Int64
			left.Store(int64(b.N))
			var all sync.WaitGroup
			for range goroutines {
				all.Go(func() {
					for left.Add(-1) >= 0 {
						n := int(turn.Add(1) - 1)
						at := n % len(plans)
						action := releaseplan.Claim
						if n/len(plans)%2 == 1 {
							action = releaseplan.ReleaseClaim
						}
						if _, err := s.Do(b.Context(), plans[at], releaseplan.Command{Action: action, Task: tasks[at]}, cAnn); err != nil {
							b.Error(err)
							return
						}
					}
				})
			}
			all.Wait()
		})
	}
}

// BenchmarkServiceGetCold reads plans that are in no cache.
func BenchmarkServiceGetCold(b *testing.B) {
	for _, size := range cSizes {
		b.Run(fmt.Sprintf("%dx%d", size.phases, size.tasks), func(b *testing.B) {
			st := memory.New()
			p := cRunning(b, cService(releaseplan.Config{Store: st}), cContent("bench", size.phases, size.tasks, releaseplan.Parallel))
			s := cService(releaseplan.Config{Store: st, CacheBytes: -1})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Get(b.Context(), p.ID(), cAnn); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkServiceGetWarm reads a plan that is in the cache.
func BenchmarkServiceGetWarm(b *testing.B) {
	s := cService(releaseplan.Config{})
	p := cRunning(b, s, cContent("bench", 10, 20, releaseplan.Parallel))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Get(b.Context(), p.ID(), cAnn); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkServiceList shows a page of 50 of 100,000 plans.
func BenchmarkServiceList(b *testing.B) {
	s := cService(releaseplan.Config{CacheBytes: -1})
	for i := range 100_000 {
		c := cContent(fmt.Sprintf("plan %06d", i), 1, 1, "")
		c.Folder = penstock.Folder{ID: fmt.Sprint("team-", i%100)}
		cCreate(b, s, c)
	}
	for _, list := range []struct {
		name   string
		filter releaseplan.Filter
	}{
		{"all", releaseplan.Filter{Archived: releaseplan.WithArchived}},
		{"default", releaseplan.Filter{}},
		{"folder", releaseplan.Filter{Folder: penstock.Folder{ID: "team-7"}}},
		{"folder and state", releaseplan.Filter{Folder: penstock.Folder{ID: "team-7"}, States: []releaseplan.State{releaseplan.Draft}}},
		{"prefix", releaseplan.Filter{Name: "plan 0123*"}},
		{"part", releaseplan.Filter{Name: "*12345*"}},
		{"by name", releaseplan.Filter{Order: releaseplan.ByName, Page: penstock.Page{Offset: 50_000}}},
	} {
		b.Run(list.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if l, err := s.List(b.Context(), list.filter, cAnn); err != nil || len(l.Items) == 0 {
					b.Fatal(len(l.Items), err)
				}
			}
		})
	}
}

// BenchmarkServiceListAuthorized shows a page of 20 of 1,000 plans, with an Authorizer that allows all.
func BenchmarkServiceListAuthorized(b *testing.B) {
	s := cService(releaseplan.Config{CacheBytes: -1, Authorizer: func(context.Context, penstock.Actor, penstock.Right, penstock.Resource) error { return nil }})
	for i := range 1_000 {
		cCreate(b, s, cContent(fmt.Sprintf("plan %04d", i), 2, 5, ""))
	}
	b.ReportAllocs()
	for b.Loop() {
		if l, err := s.List(b.Context(), releaseplan.Filter{Page: penstock.Page{Limit: 20}}, cAnn); err != nil || l.Total != 1_000 {
			b.Fatal(l.Total, err)
		}
	}
}
