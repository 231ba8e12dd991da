package releaseplan

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A goingErrand is an errand as this Runner knows of it.
type goingErrand struct {
	plan, name string
	version    int64                   // of the record that says it is this Runner's; 0: it is not
	busy       bool                    // a goroutine is at it
	check      bool                    // it is a Check, which goes on in one of a few slots
	stop       context.CancelCauseFunc // of a busy Check
	again      time.Time               // until then it is left alone
	wait       time.Duration           // how long it was left alone after its last error
}

// send goes about an errand, unless it is another Runner's, is under way or is to be left alone for a while.
func (r *Runner) send(ctx, work context.Context, p *Plan, step Step) {
	if !r.serves(p, step) {
		return
	}
	run, stop := context.WithCancelCause(work)
	e := r.beginErrand(p.id, step, stop)
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
	mine, err := r.claimErrand(ctx, e)
	if err != nil && alive.Err() == nil {
		r.Log.Warn("an errand could not be begun", "plan", e.plan, "errand", e.name, "error", err)
	}
	if !mine || !r.beat.Sound() {
		return false, askEvery
	}
	st, err := r.confirmed(ctx, e.plan)
	if err != nil {
		return errors.Is(err, penstock.ErrNotFound), askEvery
	}
	step, wanted := st.plan.errand(e.name)
	if !wanted || !r.serves(st.plan, step) {
		return true, 0
	}
	if step.Kind == StepPoll {
		if again = r.plans.polled(st.plan.st.Request); again > 0 {
			return false, again
		}
	}
	var next *Plan
	switch again = askEvery; step.Kind {
	case StepRetract:
		next, err = r.retract(ctx, st.plan, step)
		again = e.insist(err, r.plans.pace[step.Provider])
	case StepRequest:
		next, err = r.ask(ctx, st.plan, step)
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
	return !wanted, again
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
func (r *Runner) beginErrand(plan string, step Step, stop context.CancelCauseFunc) *goingErrand {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := step.errand()
	e := r.errands[plan][name]
	if e != nil && (e.busy || time.Now().Before(e.again)) {
		return nil
	}
	check := step.Kind == StepCheck
	if check && r.checking >= r.Workers {
		return nil
	}
	if e == nil {
		e = &goingErrand{plan: plan, name: name, check: check}
		if r.errands[plan] == nil {
			r.errands[plan] = make(map[string]*goingErrand)
		}
		r.errands[plan][name] = e
	}
	e.busy = true
	if check {
		r.checking++
		e.stop = stop
	}
	return e
}

// endErrand lets an errand rest, or forgets it if it is over.
func (r *Runner) endErrand(ctx context.Context, e *goingErrand, over bool, again time.Duration) {
	if over {
		r.dropErrands(ctx, e)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if e.check && e.stop != nil {
		r.checking--
	}
	e.busy, e.stop, e.again = false, nil, time.Now().Add(again)
	if over {
		r.forgetErrand(e)
		return
	}
	select {
	case r.rested <- struct{}{}:
	default:
	}
}

// forgetErrand is called with mu held.
func (r *Runner) forgetErrand(e *goingErrand) {
	delete(r.errands[e.plan], e.name)
	if len(r.errands[e.plan]) == 0 {
		delete(r.errands, e.plan)
	}
}

// claimErrand stores that an errand is this Runner's, unless that is so already or it
// is another's.
func (r *Runner) claimErrand(ctx context.Context, e *goingErrand) (mine bool, err error) {
	if e.version != 0 {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.TTL/3)
	defer cancel()
	key := errandKey(e.plan, e.name)
	records, err := r.plans.store.Get(ctx, key)
	if err != nil {
		return false, err
	}
	if records[0].Version != 0 && !slices.Equal(records[0].Fields[fieldLease], []string{r.lease}) {
		return false, nil
	}
	// One under the own lease is of a commit whose answer was lost.
	version, err := r.plans.store.Commit(ctx, store.Op{Record: store.Record{Key: key, Version: records[0].Version, Fields: map[string][]string{fieldLease: {r.lease}}}})
	if isConflict(err) {
		return false, nil
	}
	if err == nil {
		r.mu.Lock()
		e.version = version
		r.mu.Unlock()
	}
	return err == nil, err
}

// dropErrands gives errands up. What cannot be removed now is found by who watches leases.
func (r *Runner) dropErrands(ctx context.Context, all ...*goingErrand) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), r.TTL/3)
	defer cancel()
	for some := range slices.Chunk(all, sweepPage) {
		var ops []store.Op
		r.mu.Lock()
		for _, e := range some {
			if e.version != 0 {
				ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: errandKey(e.plan, e.name), Version: e.version}})
			}
			e.version = 0
		}
		r.mu.Unlock()
		if len(ops) == 0 {
			continue
		}
		if _, err := r.plans.store.Commit(ctx, ops...); err != nil && !isConflict(err) {
			r.Log.Warn("errands could not be given up yet", "error", err)
		}
	}
}

// dropAllErrands gives up every errand of a Runner that stops.
func (r *Runner) dropAllErrands(ctx context.Context) {
	var all []*goingErrand
	r.mu.Lock()
	for _, of := range r.errands {
		all = slices.AppendSeq(all, maps.Values(of))
	}
	clear(r.errands)
	r.mu.Unlock()
	r.dropErrands(ctx, all...)
}

// settleErrands ends the errands of a plan that nobody waits for any more: all of them if
// the plan is nil, for then it is gone.
func (r *Runner) settleErrands(ctx context.Context, id string, p *Plan) {
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
		default:
			e.busy = true
			r.wg.Go(func() { r.endErrand(ctx, e, true, 0) })
		}
	}
}

// inheritErrand removes the record of an errand under a lease that nobody keeps, or of
// one that this Runner does not know of: its commit's answer was lost.
func (r *Runner) inheritErrand(ctx context.Context, id, lease string) error {
	if r.goesAbout(id) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.TTL)
	defer cancel()
	key := store.Key{Kind: kindErrand, ID: id}
	records, err := r.plans.store.Get(ctx, key)
	if err != nil || records[0].Version == 0 || !slices.Equal(records[0].Fields[fieldLease], []string{lease}) {
		return err
	}
	_, err = r.plans.store.Commit(ctx, store.Op{Kind: store.Delete, Record: store.Record{Key: key, Version: records[0].Version}})
	if isConflict(err) {
		return nil // another was quicker
	}
	return err
}

// goesAbout reports whether a record is of an errand that is this Runner's, or is about to be.
func (r *Runner) goesAbout(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	plan, name, _ := strings.Cut(id, "/")
	e := r.errands[plan][name]
	return e != nil && (e.busy || e.version != 0)
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
// whose errands it has.
func (r *Runner) lookForErrands(ctx context.Context, visit func(id string)) error {
	mine, _ := r.restErrands()
	var work []string
	if len(r.plans.providers) > 0 {
		work = append(work, workValue(Step{Kind: StepPoll}))
	}
	for _, name := range slices.Sorted(maps.Keys(r.Checks)) {
		work = append(work, workValue(Step{Kind: StepCheck, Handler: name}))
	}
	seen := make(map[string]bool)
	if len(work) > 0 {
		err := r.each(ctx, store.Query{Where: []store.Filter{store.In(fieldWork, work...)}}, func(id string) {
			seen[id] = true
			visit(id)
		})
		if err != nil {
			return err
		}
	}
	for _, id := range mine {
		if !seen[id] {
			visit(id)
		}
	}
	return nil
}

// leastLook keeps many errands from making a Runner look around all the time.
const leastLook = time.Second
