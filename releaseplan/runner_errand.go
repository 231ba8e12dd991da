package releaseplan

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/store"
)

// A goingErrand is an errand as this Runner knows of it.
type goingErrand struct {
	plan, name string
	version    int64                   // of the record that says it is this Runner's; 0: it is not
	busy       bool                    // a goroutine is at it
	room       string                  // in which it goes on with a few others, while it is busy
	stop       context.CancelCauseFunc // of a busy Check
	request    *approval.Request       // to be opened at its provider
	opened     bool                    // it may have been, and what came of it is not stored
	tries      int                     // to take it back
	again      time.Time               // until then it is left alone
	wait       time.Duration           // how long it was left alone after its last error
}

// send goes about an errand, unless it is another Runner's, is under way or is to be left alone for a while.
func (r *Runner) send(ctx, work context.Context, p *Plan, step Step) {
	if !r.serves(p, step) {
		return
	}
	run, stop := context.WithCancelCause(work)
	e := r.beginErrand(p, step, stop)
	if e == nil {
		stop(nil)
		return
	}
	r.wg.Go(func() {
		defer stop(nil)
		over, again := r.goAbout(ctx, run, e)
		r.endErrand(run, e, over, again)
	})
}

// serves reports whether this Runner has what an errand needs.
func (r *Runner) serves(p *Plan, step Step) (ok bool) {
	switch step.Kind {
	case StepRetract:
		_, ok = r.plans.providers[step.Provider]
	case StepRequest, StepPoll:
		_, ok = r.plans.providers[p.st.Request.Kind()]
	case StepCheck:
		ok = r.Checks[step.Handler] != nil
	default: // no errand
	}
	return ok
}

// goAbout makes an errand its Runner's, looks at what is to be done now, and does
// it. It reports whether the errand is over; or else, when to go on.
func (r *Runner) goAbout(alive, ctx context.Context, e *goingErrand) (over bool, again time.Duration) {
	if e.room != checkRoom { // a provider that heeds no context is not to keep others from it for ever
		defer time.AfterFunc(hangs, func() { r.dropErrands(ctx, e) }).Stop()
	}
	mine, err := r.claimErrand(ctx, e)
	if err != nil && alive.Err() == nil {
		r.Log.Warn("an errand could not be begun", "plan", e.plan, "errand", e.name, "error", err)
	}
	if !mine || !r.beat.Sound() {
		return false, askEvery
	}
	st, err := r.confirmed(ctx, e.plan)
	if errors.Is(err, penstock.ErrNotFound) {
		return r.giveUp(ctx, nil, e)
	}
	if err != nil {
		return false, askEvery
	}
	step, wanted := st.plan.errand(e.name)
	if !wanted || !r.serves(st.plan, step) {
		return r.giveUp(ctx, st.plan, e)
	}
	if step.Kind == StepPoll {
		request := st.plan.st.Request
		if again = max(r.plans.polled(request), r.tooSoon(request)); again > 0 {
			return false, again
		}
	}
	var next *Plan
	switch again = askEvery; step.Kind {
	case StepRetract:
		next, err = r.retract(ctx, st.plan, step)
		again = e.insist(err, r.plans.pace[step.Provider])
	case StepRequest:
		r.setOpened(e, true)
		if next, err = r.ask(ctx, st.plan, step); err == nil {
			r.setOpened(e, false)
		}
		again = e.insist(err, r.plans.pace[st.plan.st.Request.Kind()])
	case StepPoll:
		next, err = r.ask(ctx, st.plan, step)
		again = r.plans.pace[st.plan.st.Request.Kind()]
	case StepCheck:
		next, again, err = r.check(ctx, st.plan, step, e)
	default: // no errand
	}
	if err != nil && ctx.Err() == nil && !errors.Is(err, penstock.ErrRefused) {
		r.Log.Warn(trouble(step), "plan", e.plan, "error", remarkOf(withoutURL(err), nil))
	}
	if next == nil { // others may have been first
		if st, err = r.confirmed(ctx, e.plan); err != nil {
			return errors.Is(err, penstock.ErrNotFound), again
		}
		next = st.plan
	}
	_, wanted = next.errand(e.name)
	return !wanted && !e.opened, again
}

// giveUp ends an errand that nobody waits for. A request that may have been opened is dropped at
// its provider, which may take some tries.
func (r *Runner) giveUp(ctx context.Context, p *Plan, e *goingErrand) (over bool, again time.Duration) {
	if !e.opened || !p.forsakes(e.request.ID()) || !r.beat.Sound() {
		return !e.opened || !p.forsakes(e.request.ID()), askEvery
	}
	err := r.takeBack(ctx, e.request)
	if err == nil {
		r.setOpened(e, false)
		return true, 0
	}
	if ctx.Err() != nil {
		return false, 0
	}
	e.tries++
	if e.tries >= takeBackTries {
		r.Log.Error("a request that nobody waits for may be open at its provider", "plan", e.plan, "request", e.request.ID(), "error", remarkOf(withoutURL(err), nil))
		r.setOpened(e, false)
		return true, 0
	}
	return false, min(askEvery<<e.tries, lastCheck)
}

func (r *Runner) setOpened(e *goingErrand, opened bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.opened = opened
}

const (
	takeBackTries = 10         // bounds how often a request is taken back
	hangs         = 3 * askFor // a provider that has not returned by then
	checkRoom     = "checks"
)

// roomOf names the room in which an errand goes on: Checks share one, and each provider has
// its own, so that a slow one holds up no other.
func roomOf(p *Plan, step Step) string {
	switch step.Kind {
	case StepCheck:
		return checkRoom
	case StepRetract:
		return "provider " + string(step.Provider)
	default:
		return "provider " + string(p.st.Request.Kind())
	}
}

// trouble says that an errand failed.
func trouble(s Step) string {
	switch s.Kind {
	case StepCheck:
		return "a check could not tell"
	case StepRetract:
		return "an approval provider did not drop a request"
	default:
		return "an approval provider failed"
	}
}

// beginErrand marks an errand as under way; nil if nothing is to be done about it now.
func (r *Runner) beginErrand(p *Plan, step Step, stop context.CancelCauseFunc) *goingErrand {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := step.errand()
	e := r.errands[p.id][name]
	if e != nil && (e.busy || time.Now().Before(e.again)) {
		return nil
	}
	room := roomOf(p, step)
	if r.rooms[room] >= r.Workers {
		r.crowded = true
		return nil
	}
	if e == nil {
		e = &goingErrand{plan: p.id, name: name}
		r.addErrand(e)
	}
	if step.Kind == StepRequest {
		e.request = p.st.Request
	}
	if step.Kind == StepCheck {
		e.stop = stop
	}
	r.enter(e, room)
	return e
}

// addErrand, enter and forgetErrand are called with mu held.
func (r *Runner) addErrand(e *goingErrand) {
	if r.errands[e.plan] == nil {
		r.errands[e.plan] = make(map[string]*goingErrand)
	}
	r.errands[e.plan][e.name] = e
}

func (r *Runner) enter(e *goingErrand, room string) {
	e.busy, e.room = true, room
	r.rooms[room]++
}

// endErrand lets an errand rest, or forgets it if it is over.
func (r *Runner) endErrand(ctx context.Context, e *goingErrand, over bool, again time.Duration) {
	if over {
		r.dropErrands(ctx, e)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.rooms[e.room]--
	e.busy, e.stop, e.again = false, nil, time.Now().Add(again)
	if over {
		r.forgetErrand(e)
		return
	}
	r.lookSoon()
}

// lookSoon makes the Runner find out when to go on with its errands.
func (r *Runner) lookSoon() {
	select {
	case r.rested <- struct{}{}:
	default:
	}
}

func (r *Runner) forgetErrand(e *goingErrand) {
	delete(r.errands[e.plan], e.name)
	if len(r.errands[e.plan]) == 0 {
		delete(r.errands, e.plan)
	}
}

// settleErrands ends the errands of a plan that nobody waits for any more: all of them if
// the plan is nil, for then it is gone.
func (r *Runner) settleErrands(work context.Context, id string, p *Plan) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, e := range r.errands[id] {
		if p != nil {
			if _, wanted := p.errand(name); wanted {
				continue
			}
		}
		switch {
		case e.busy:
			if e.stop != nil {
				e.stop(ErrAnswered)
			}
		case e.version == 0:
			r.forgetErrand(e)
		case e.opened && time.Now().Before(e.again):
		default:
			r.enter(e, "ends")
			r.wg.Go(func() {
				over, again := r.giveUp(work, p, e)
				r.endErrand(work, e, over, again)
			})
		}
	}
}

// restErrands forgets the errands of others that may be tried again, and returns the
// plans of those that are this Runner's, and when to look at the first of them.
func (r *Runner) restErrands() (plans []string, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := time.Now()
	wait = r.Poll
	for id, of := range r.errands {
		mine := false
		for _, e := range of {
			switch {
			case e.version != 0 || e.busy:
				mine = true
			case !now.Before(e.again):
				r.forgetErrand(e)
			}
			if e.version != 0 && !e.busy {
				wait = min(wait, max(leastLook, e.again.Sub(now)))
			}
		}
		if mine {
			plans = append(plans, id)
		}
	}
	return plans, wait
}

// lookForErrands visits the plans with errands that this Runner can go about, and those
// whose errands it has. If there was no room for some, they come first the next time.
func (r *Runner) lookForErrands(ctx, work context.Context, visit func(store.Record)) error {
	mine, _ := r.restErrands()
	var kinds []string
	if len(r.plans.providers) > 0 {
		kinds = append(kinds, workValue(Step{Kind: StepPoll}))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Checks)) {
		kinds = append(kinds, workValue(Step{Kind: StepCheck, Handler: name}))
	}
	q := store.Query{Where: []store.Filter{store.In(fieldWork, kinds...)}, After: r.waited}
	last, none := r.waited, false
	r.waited = nil
	seen := make(map[string]bool)
	look := func(found store.Record) {
		if seen[found.ID] {
			return
		}
		seen[found.ID] = true
		r.crowded = false
		visit(found)
		if r.crowded && !none {
			none, r.waited = true, last
		}
		last = &store.Cursor{Sort: found.Sort, ID: found.ID}
	}
	for whole := len(kinds) == 0; !whole; q.After = nil {
		whole = q.After == nil
		if err := r.each(ctx, q, look); err != nil {
			return err
		}
	}
	for _, id := range mine {
		if !seen[id] {
			r.plan(ctx, work, id)
		}
	}
	return nil
}

// leastLook keeps many errands from making a Runner look around all the time.
const leastLook = time.Second

// tooSoon returns for how long a provider that was just asked for an approval is left alone.
func (r *Runner) tooSoon(request *approval.Request) time.Duration {
	pace := r.plans.pace[request.Kind()]
	if left := pace - r.plans.now().Sub(request.OpenedAt()); left <= pace { // or a clock is behind that of who asked
		return max(0, left)
	}
	return 0
}
