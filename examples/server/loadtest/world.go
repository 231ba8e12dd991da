package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A world is what all clients share.
type world struct {
	options
	*tally
	http     *http.Client
	name     string  // begins all names of this run
	shared   []int64 // plans that several clients write to
	template string
}

// sharing is how many clients write to one plan.
const sharing = 10

// load lets the clients do what they do, until the time is over, and then checks what is there.
func load(ctx context.Context, o options) (*tally, error) {
	w := &world{options: o, tally: newTally(), name: "load-" + strings.ToLower(rand.Text()[:8])}
	w.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: o.clients, MaxConnsPerHost: 0, IdleConnTimeout: patience}}
	defer w.http.CloseIdleConnections()
	if err := w.prepare(ctx); err != nil {
		return nil, err
	}
	begin := time.Now()
	end, cancel := context.WithDeadline(ctx, begin.Add(o.span))
	defer cancel()
	if o.fast {
		go func() {
			select {
			case <-w.failed:
				cancel()
			case <-end.Done():
			}
		}()
	}
	clients := make([]*worker, o.clients)
	var all sync.WaitGroup
	for i := range clients {
		clients[i] = newWorker(w, i)
		all.Go(func() { clients[i].work(ctx, end) })
	}
	all.Wait()
	w.length = time.Since(begin)
	for _, c := range clients {
		all.Go(func() { c.verify(ctx) })
	}
	all.Wait()
	return w.tally, ctx.Err()
}

// prepare makes what the clients share.
func (w *world) prepare(ctx context.Context) error {
	c := &client{world: w, url: w.urls[0]}
	for i := 0; i*sharing < w.clients; i++ {
		id, err := c.newPlan(ctx, fmt.Sprintf("%s-shared-%d", w.name, i), sharing)
		if err != nil {
			return err
		}
		w.shared = append(w.shared, id)
	}
	strategy := `{"name": "flexibleRollout", "sortOrder": 0, "parameters": {"rollout": "%d", "stickiness": "default", "groupId": "load"}}`
	a := c.ask(ctx, "unleash template", http.MethodPost, "/api/admin/release-plan-templates", fmt.Sprintf(`{"name": %q, "milestones": [
		{"name": "some", "sortOrder": 0, "strategies": [`+strategy+`]}, {"name": "all", "sortOrder": 1, "strategies": [`+strategy+`]}]}`, w.name, 25, 100))
	var made struct{ ID string }
	if err := a.into(&made); err != nil || made.ID == "" {
		return fmt.Errorf("no template: %d %s", a.status, a.body)
	}
	w.template = made.ID
	if !w.scripts {
		return nil
	}
	a = c.ask(ctx, "zadig workflow create", http.MethodPost, "/openapi/workflows/custom", fmt.Sprintf(
		`{"project": "load", "name": %q, "display_name": %[1]q, "concurrency_limit": -1, "stages": [{"name": "only", "jobs": [{"name": "say", "type": "freestyle", "spec": {"script": "echo done"}}]}]}`, w.name))
	if !a.ok() {
		return errors.New("no workflow: " + string(a.body))
	}
	return nil
}
