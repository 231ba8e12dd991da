package releaseplan

import (
	"errors"
	"time"

	"github.com/penstock-go/penstock"
)

// An Identity is what makes a new plan this one. All of it comes from outside, so
// that making a plan is a pure function.
type Identity struct {
	ID     string // required; at most 64 bytes, unique
	Number int64  // for people; 0: none
	Key    []byte // random and secret, 32 bytes: of digests and one-time codes; kept by who keeps the plan
	Rules  *Rules // what the host decides about its plans; nil: the defaults
}

// NewPlan returns a draft with the content, made by an actor at a time, and the
// change that it begins with. An owner that is not set is the actor. What is
// wrong with the content is an ErrInvalid that tells every fault.
func NewPlan(id Identity, c Content, by penstock.Actor, at time.Time) (*Plan, []Change, error) {
	if id.ID == "" || len(id.ID) > 64 {
		return nil, nil, penstock.Invalid("id", "must be from 1 to 64 bytes")
	}
	var v validator
	v.number("number", id.Number)
	if v.sizes(&c); len(v.faults) > 0 {
		return nil, nil, errors.Join(v.faults...)
	}
	content := c.clone()
	for i := range content.Variables {
		content.Variables[i].Digest = "" // of another plan's key
	}
	if content.Owner.IsZero() {
		content.Owner = penstock.Party{Type: penstock.User, ID: by.ID, Name: by.Name}
	}
	secrets := seal(content.Variables, id.Key)
	def, err := define(content, id.ID, 1)
	if err != nil {
		return nil, nil, err
	}
	t := &transition{p: &Plan{key: id.Key, rules: id.Rules}, by: by, at: instant(at), command: &Command{}}
	if err := t.record(Change{Kind: PlanCreated, To: string(planLife.Initial), Birth: &Birth{ID: id.ID, Number: id.Number, Content: def.content.clone()}, def: def}); err != nil {
		return nil, nil, err
	}
	t.p.secrets = secrets
	if err := t.advance(t.at); err != nil { // a schedule that is past was missed
		return nil, nil, err
	}
	return t.p, t.changes, nil
}

// Fold makes the plan of its changes, in order and from the first on. It is the
// plan that was stored but for what changes do not hold: its key, with which
// digests and codes are made, and secret values. Changes that make no plan are an
// ErrInvalid.
func Fold(changes []Change) (*Plan, error) {
	var f folding
	for i := range changes {
		if err := f.add(&changes[i]); err != nil {
			return nil, err
		}
	}
	return f.plan()
}

// TaskCount is how many of a plan's enabled tasks are in which state.
type TaskCount struct{ Todo, Running, Canceling, Done, Failed, Skipped, Canceled int }

// TaskCount counts the enabled tasks by stored state.
func (p *Plan) TaskCount() TaskCount { return taskCount(p.totals) }

func taskCount(n [len(taskStates)]int32) TaskCount {
	return TaskCount{
		Todo: int(n[countTodo]), Running: int(n[countRunning]), Canceling: int(n[countCanceling]), Done: int(n[countDone]),
		Failed: int(n[countFailed]), Skipped: int(n[countSkipped]), Canceled: int(n[countCanceled]),
	}
}

// Variables returns every variable with the others filled in; secrets are the
// values of the secret ones. Names that are not known and cycles are an
// ErrInvalid; a plan that was finalized has none.
func (p *Plan) Variables(secrets map[string]string) (map[string]string, error) {
	return resolve(p.def.content.Variables, secrets)
}
