package conformance_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// BenchmarkRunnerProcesses is how many tasks a second one and four Runner processes carry out on one
// PostgreSQL. A task is a call to another service, which takes 30 to 60 ms, or 150 to 300 ms; each process makes the
// usual 16 at a time.
func BenchmarkRunnerProcesses(b *testing.B) {
	const plans, tasks = 40, 25
	for _, each := range []struct {
		takes time.Duration
		n     int
	}{{60 * time.Millisecond, 1}, {60 * time.Millisecond, 4}, {300 * time.Millisecond, 1}, {300 * time.Millisecond, 4}} {
		b.Run(fmt.Sprintf("%s/%d", each.takes, each.n), func(b *testing.B) {
			for b.Loop() {
				_, schema := openPostgres(b)
				o := &shift{address: addressOf(postgresAt(pgURL, schema)), TTL: 15 * time.Second, Takes: each.takes}
				s, _ := o.process(b)
				for range plans {
					c := work(1, tasks)
					c.Phases[0].Kind = releaseplan.Parallel
					p, err := s.Create(b.Context(), c, ann)
					if err == nil {
						_, err = s.Do(b.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
				var crew []*hand
				for range each.n {
					crew = append(crew, hire(b, o))
				}
				began := time.Now()
				for _, h := range crew {
					h.begin(b)
				}
				awaitAll(b, s, plans)
				b.ReportMetric(plans*tasks/time.Since(began).Seconds(), "tasks/s")
				for _, h := range crew {
					h.retire(b)
				}
			}
		})
	}
}

// awaitAll waits until so many plans are completed.
func awaitAll(b *testing.B, s *releaseplan.Service, n int) {
	b.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(2 * time.Minute); ; {
		done, err := s.List(b.Context(), releaseplan.Filter{States: []releaseplan.State{releaseplan.Completed}, Page: penstock.Page{Limit: 1}}, ann)
		if err != nil {
			b.Fatal(err)
		}
		if done.Total == n {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			b.Fatalf("%d of %d plans are completed", done.Total, n)
		}
	}
}
