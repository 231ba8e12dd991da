package servicetest

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// A noticeWorld is a Service over a store, with a clock.
type noticeWorld struct {
	testing.TB
	store store.Store
	plans *releaseplan.Service
	now   time.Time
}

func (on suite) noticeWorld(t testing.TB) *noticeWorld {
	w := &noticeWorld{TB: t, store: on.open(t), now: noon}
	w.plans = releaseplan.New(releaseplan.Config{Store: w.store, Now: func() time.Time { return w.now }})
	return w
}

func (w *noticeWorld) create(c releaseplan.Content) *releaseplan.Plan {
	w.Helper()
	c.Name = "Checkout 2.4"
	p, err := w.plans.Create(w.Context(), c, ann)
	if err != nil {
		w.Fatal(err)
	}
	return p
}

func (w *noticeWorld) do(id string, c releaseplan.Command) *releaseplan.Plan {
	w.Helper()
	p, err := w.plans.Do(w.Context(), id, c, ann)
	if err != nil {
		w.Fatalf("%s: %v", c.Action, err)
	}
	return p
}

func (w *noticeWorld) act(id string, actions ...releaseplan.Action) (p *releaseplan.Plan) {
	w.Helper()
	for _, a := range actions {
		p = w.do(id, releaseplan.Command{Action: a})
	}
	return p
}

// announced returns the events of the log that carry notices.
func (w *noticeWorld) announced() (all []store.Event) {
	w.Helper()
	var after int64
	for {
		page, err := w.store.Events(w.Context(), store.EventQuery{Kind: outbox.KindNotice, After: after})
		if err != nil {
			w.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all, after = append(all, page...), page[len(page)-1].Position
	}
}

// manualPhase is a sequential phase of one task that people do.
func manualPhase(task string) releaseplan.Phase {
	return releaseplan.Phase{Name: "phase", Kind: releaseplan.Sequential, Tasks: []releaseplan.Task{{Name: task, Kind: releaseplan.Manual}}}
}
