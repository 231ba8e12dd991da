package plantest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// breaches collects what is broken, each with the rule that it breaks.
type breaches []error

func (b *breaches) add(rule, format string, args ...any) {
	*b = append(*b, fmt.Errorf("%s: %w", rule, fmt.Errorf(format, args...)))
}

// because adds an error, if there is one.
func (b *breaches) because(rule string, err error) {
	if err != nil {
		b.add(rule, "%w", err)
	}
}

func (b *breaches) join() error { return errors.Join(*b...) }

// CheckPlan holds a plan against what is true of every plan, and returns all that is
// broken, or nil:
//
//   - its trail, from the first change on, makes it again, and so does the trail as it is stored;
//   - what it is exported as is imported as the same plan;
//   - the counts of its tasks are right, and the latest stay is that in its state;
//   - it is only where its content was approved, if that takes an approval;
//   - at most one milestone is live, its time counts in a running plan only, and what
//     tripped holds the rollout;
//   - what there is to do can be done, nothing is left undone that was due, and at its end or
//     archived nothing happens by itself;
//   - it can always be canceled, and comes to an end then.
//
// A nil trail is not looked at.
func CheckPlan(p *releaseplan.Plan, trail []releaseplan.Change) error {
	var b breaches
	if trail != nil {
		b.because("the trail makes the plan", CheckTrail(p, trail))
	}
	b.because("an export is imported as the same plan", checkExport(p))
	b.counts(p)
	b.status(p)
	b.rollout(p)
	b.next(p)
	b.ends(p)
	return b.join()
}

// CheckTrail returns an error unless the changes, as they are and as they are stored, make
// the plan.
func CheckTrail(p *releaseplan.Plan, trail []releaseplan.Change) error {
	stored, err := json.Marshal(trail)
	if err != nil {
		return err
	}
	var read []releaseplan.Change
	if err := json.Unmarshal(stored, &read); err != nil {
		return err
	}
	for _, changes := range [][]releaseplan.Change{trail, read} {
		folded, err := releaseplan.Fold(changes)
		if err != nil {
			return err
		}
		if err := same(p, folded); err != nil {
			return fmt.Errorf("%d changes make another: %w", len(changes), err)
		}
	}
	return nil
}

// same returns an error that tells the difference of two plans, as they are exported.
func same(want, got *releaseplan.Plan) error {
	one, err := releaseplan.Export(want)
	if err != nil {
		return err
	}
	other, err := releaseplan.Export(got)
	if err != nil {
		return err
	}
	if bytes.Equal(one, other) {
		return nil
	}
	diff := cmp.Diff(want, got, Comparers()...)
	if diff == "" {
		diff = cmp.Diff(string(one), string(other))
	}
	return fmt.Errorf("(-want +got)\n%s", diff)
}

// checkExport compares a plan with its import. Secret values are in no export, and so
// neither is the hash that they are part of.
func checkExport(p *releaseplan.Plan) error {
	doc, err := releaseplan.Export(p)
	if err != nil {
		return err
	}
	read, err := releaseplan.Import(doc)
	if err != nil {
		return err
	}
	if !sealed(p) {
		return same(p, read)
	}
	want, got := Snapshot(p), Snapshot(read)
	got.Hash = want.Hash
	for i := range want.Content.Variables {
		want.Content.Variables[i].Digest = ""
	}
	if diff := cmp.Diff(want, got, Comparers()...); diff != "" {
		return fmt.Errorf("(-plan +import)\n%s", diff)
	}
	return nil
}

// sealed reports whether a plan has secrets that are set.
func sealed(p *releaseplan.Plan) bool {
	for _, v := range p.Content().Variables {
		if v.Digest != "" {
			return true
		}
	}
	return false
}

// counts counts the tasks anew.
func (b *breaches) counts(p *releaseplan.Plan) {
	var n releaseplan.TaskCount
	for _, t := range p.Tasks() {
		attempts := len(t.Status.Attempts)
		if t.Status.State == releaseplan.TaskDone && (attempts == 0 || t.Status.Attempts[attempts-1].Result != releaseplan.TaskDone) {
			b.add("a done task was done", "the latest attempt at %q was not", t.Name)
		}
		if !t.Disabled {
			count(&n, t.Status.State)
		}
	}
	if n != p.TaskCount() {
		b.add("counters are right", "the plan counts %+v, it has %+v", p.TaskCount(), n)
	}
	if p.State() == releaseplan.Completed && n != (releaseplan.TaskCount{Done: n.Done, Skipped: n.Skipped}) {
		b.add("a completed plan is settled", "it has %+v", n)
	}
}

func count(n *releaseplan.TaskCount, s releaseplan.TaskState) {
	switch s {
	case releaseplan.TaskRunning:
		n.Running++
	case releaseplan.TaskCanceling:
		n.Canceling++
	case releaseplan.TaskDone:
		n.Done++
	case releaseplan.TaskFailed:
		n.Failed++
	case releaseplan.TaskSkipped:
		n.Skipped++
	case releaseplan.TaskCanceled:
		n.Canceled++
	default:
		n.Todo++
	}
}

// status checks that the status of the plan fits together, and fits its content.
func (b *breaches) status(p *releaseplan.Plan) {
	st := p.Status()
	if n := len(st.Visits); n == 0 || st.Visits[n-1].State != st.State || !st.Visits[n-1].Left.IsZero() {
		b.add("the latest stay is that in the state", "it is %s, and was in %+v", st.State, st.Visits)
	}
	for _, at := range []time.Time{st.Created.At, st.Edited.At, st.Started, st.Ended, st.Archived} {
		if at.After(st.Updated.At) {
			b.add("nothing is later than the latest change", "%v is after %v", at, st.Updated.At)
		}
	}
	policy := p.Content().Approval
	switch st.State {
	case releaseplan.Approved, releaseplan.ExecuteCheck, releaseplan.Running, releaseplan.CompleteCheck:
		if policy != nil && policy.Required() && (st.Request == nil || !st.Request.Valid(p.Hash())) && !imported(p) {
			b.add("an approval is bound to the content", "it is %s, and its content is not approved", st.State)
		}
	case releaseplan.AwaitingApproval:
		if st.Request == nil || st.Request.State() != approval.Pending {
			b.add("who waits for an approval has asked", "there is no open request")
		}
	default:
		if st.Request != nil && st.Request.State() == approval.Pending {
			b.add("who waits for an approval has asked", "it is %s, and a request is open", st.State)
		}
	}
}

// imported reports whether a plan has secrets that are not set, as one that was imported:
// its approval was of others.
func imported(p *releaseplan.Plan) bool {
	for _, v := range p.Content().Variables {
		if v.Secret && v.Digest == "" {
			return true
		}
	}
	return false
}

// next checks that what there is to do can be done.
func (b *breaches) next(p *releaseplan.Plan) {
	now := p.Status().Updated.At
	steps, wake := p.Next(now)
	if !wake.IsZero() && !wake.After(now) {
		b.add("nothing that was due is left", "at %v something was due at %v", now, wake)
	}
	over := p.Archived() || p.State().Final()
	if over && (!wake.IsZero() || p.At(now.AddDate(9, 0, 0)) != p) {
		b.add("nothing happens to a plan at its end", "it is %s, and wakes at %v", p.State(), wake)
	}
	for _, s := range steps {
		switch {
		case s.Kind == releaseplan.StepStart:
			c := releaseplan.Command{Action: releaseplan.Start, Task: s.Task, Lease: runner}
			if _, _, err := p.Do(c, penstock.System(), now); err != nil {
				b.add("what there is to do can be done", "%s: %w", s.Kind, err)
			}
		case over && s.Kind != releaseplan.StepRetract:
			b.add("nothing happens to a plan at its end", "it is %s, and there is to %s", p.State(), s.Kind)
		}
	}
}

// ends checks that the plan comes to an end once it is canceled.
func (b *breaches) ends(p *releaseplan.Plan) {
	const rule = "a plan can be canceled"
	now := p.Status().Updated.At
	do := func(c releaseplan.Command) {
		next, _, err := p.Do(c, penstock.System(), now)
		if err != nil {
			b.add(rule, "it is %s: %s: %w", p.State(), c.Action, err)
			return
		}
		p = next
	}
	if p.State().Final() {
		return
	}
	if p.Archived() {
		do(releaseplan.Command{Action: releaseplan.Unarchive})
	}
	if s := p.State(); !s.Final() && s != releaseplan.Canceling {
		do(releaseplan.Command{Action: releaseplan.Cancel})
	}
	for _, t := range p.Tasks() {
		if t.State == releaseplan.TaskCanceling {
			do(releaseplan.Command{Action: releaseplan.Fail, Task: t.ID, Remark: "canceled"})
		}
	}
	if !p.State().Final() {
		b.add(rule, "it stays %s", p.State())
	}
	if r := p.Status().Rollout; r != nil && r.Live != "" && p.State() == releaseplan.Canceled {
		b.add("what was canceled is not served", "%s is live", r.Name)
	}
}
