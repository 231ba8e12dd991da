package releaseplan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/canonical"
)

// exportFormat names the form of an exported plan. It changes only if old
// readers could no longer make sense of it.
const exportFormat = "penstock.plan/1"

// MaxExport is the largest document that [Import] reads, in bytes.
const MaxExport = 64 << 20

// A document is an exported plan.
type document struct {
	Format  string                 `json:"format"`
	ID      string                 `json:"id"`
	Number  int64                  `json:"number,omitempty"`
	Version int64                  `json:"version"`
	Hash    string                 `json:"hash"`
	Content Content                `json:"content"`
	Status  Status                 `json:"status"`
	Tasks   map[string]*TaskStatus `json:"tasks,omitempty"` // by id; those to which something happened
	Sum     string                 `json:"sum,omitempty"`   // of the canonical JSON of all other members
}

// Export returns the whole plan as JSON, byte for byte the same for the same
// plan: content, status, and what happened to each task. Secret values are not in
// it; their digests are.
func Export(p *Plan) ([]byte, error) {
	d := document{Format: exportFormat, ID: p.id, Number: p.number, Version: p.def.version, Hash: p.def.hash,
		Content: p.def.content, Status: p.st, Tasks: make(map[string]*TaskStatus)}
	for id, ref := range p.def.index {
		if s := p.task(ref); !isFresh(s) {
			d.Tasks[id] = s
		}
	}
	doc, err := json.Marshal(d)
	if err != nil {
		return nil, err
	}
	plain, err := canonical.Transform(doc)
	if err != nil {
		return nil, err
	}
	return fmt.Appendf(doc[:len(doc)-1], `,"sum":%q}`, sumOf(plain)), nil
}

// sumOf returns the SHA-256, in hex, of canonical JSON. It tells damage and hasty
// edits, not forgery.
func sumOf(plain []byte) string {
	sum := sha256.Sum256(plain)
	return hex.EncodeToString(sum[:])
}

// unaltered checks that sum is that of the other members of a document, which may
// stand in any order, with white space between them.
func unaltered(doc []byte, sum string) error {
	plain, err := canonical.Transform(doc)
	if err != nil {
		return penstock.Invalid("", "is no exported plan")
	}
	rest := bytes.Replace(plain, fmt.Appendf(nil, `,"sum":%q`, sum), nil, 1)
	if len(rest) == len(plain) || sumOf(rest) != sum {
		return penstock.Invalid("sum", "is not that of the document: it was altered")
	}
	return nil
}

// MarshalJSON returns what [Export] does.
func (p *Plan) MarshalJSON() ([]byte, error) { return Export(p) }

// Import returns the plan that was exported: equal to it, but without the values
// of secret variables, which are not set, so that it cannot be finalized until
// they are; an approval of a plan with secrets is void with them. A document that
// is no plan, was altered, or is larger than [MaxExport] is an ErrInvalid.
//
// Import restores a plan for tools and tests. To file it as a new draft, see
// [Service.Import].
func Import(doc []byte) (*Plan, error) {
	d, err := readDocument(doc)
	if err != nil {
		return nil, err
	}
	def, err := define(d.Content, d.ID, d.Version)
	if err != nil {
		return nil, err
	}
	if def.hash != d.Hash {
		return nil, penstock.Invalid("hash", "is not that of the content: the document was altered")
	}
	if content := def.content.clone(); dropDigests(content.Variables) {
		if def, err = define(content, d.ID, d.Version); err != nil {
			return nil, err
		}
	}
	p := &Plan{id: d.ID, number: d.Number, def: def, st: d.Status}
	if err := p.restore(d.Tasks); err != nil {
		return nil, err
	}
	return p, nil
}

// readDocument reads and checks the envelope.
func readDocument(doc []byte) (*document, error) {
	if len(doc) > MaxExport {
		return nil, penstock.Invalid("", "%d bytes are too many: at most %d", len(doc), MaxExport)
	}
	var d document
	reader := json.NewDecoder(bytes.NewReader(doc))
	reader.DisallowUnknownFields()
	if err := reader.Decode(&d); err != nil { // what Go says of it means nothing to others
		if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			return nil, penstock.Invalid(kind.Field, "is no exported plan: it cannot be %s", kind.Value)
		}
		return nil, penstock.Invalid("", "is no exported plan")
	}
	if _, err := reader.Token(); !errors.Is(err, io.EOF) {
		return nil, penstock.Invalid("", "something follows the exported plan")
	}
	var v validator
	if d.Format != exportFormat {
		v.fault("format", "%q is not %s", short(d.Format), exportFormat)
	}
	if d.ID == "" || len(d.ID) > 64 {
		v.fault("id", "must be from 1 to 64 bytes")
	}
	if d.Version < 1 {
		v.fault("version", "must be from 1")
	}
	if err := errors.Join(v.faults...); err != nil {
		return nil, err
	}
	if err := unaltered(doc, d.Sum); err != nil {
		return nil, err
	}
	return &d, nil
}

// dropDigests forgets which secrets are set, and reports whether there were any.
func dropDigests(vars []Variable) (dropped bool) {
	for i := range vars {
		dropped = dropped || vars[i].Digest != ""
		vars[i].Digest = ""
	}
	return dropped
}

// restore checks a status that comes from outside and makes it the plan's. What
// the methods of Plan rely on must hold of it.
func (p *Plan) restore(tasks map[string]*TaskStatus) error {
	var v validator
	v.status(p)
	for _, phase := range p.def.phases {
		s := newPhaseStatus(phase)
		for j := range phase.Tasks {
			status := tasks[phase.Tasks[j].ID]
			if status == nil {
				continue
			}
			v.taskStatus("tasks."+phase.Tasks[j].ID, status)
			if len(v.faults) == 0 {
				s = s.with(phase, j, status.clone())
			}
		}
		p.phases = append(p.phases, s)
	}
	for id := range tasks {
		if _, ok := p.def.index[id]; !ok {
			v.fault("tasks", "%q is no task of the plan", short(id))
		}
	}
	p.recount()
	return errors.Join(v.faults...)
}

// status checks that the status of a plan as a whole fits together.
func (v *validator) status(p *Plan) {
	st := &p.st
	if !st.State.known() {
		v.fault("status.state", "%q is no state of a plan", short(string(st.State)))
	}
	if n := len(st.Visits); n == 0 || n > len(planLife.Rules)+len(planLife.Final) || st.Visits[n-1].State != st.State {
		v.fault("status.visits", "must end with the state")
	}
	if st.State == AwaitingApproval && !p.requestIs(approval.Pending) || st.State == Approved && !p.requestIs(approval.Approved) {
		v.fault("status.approval", "must fit the state")
	}
	if st.State == Denied && !p.approvalRequired() {
		v.fault("status.state", "is not that of a plan without an approval policy")
	}
	if p.gate(gateOf(st.State)) != nil && (st.Gate == nil || st.Gate.On != gateOf(st.State)) {
		v.fault("status.gate", "must fit the state")
	}
	if len(st.Overrides) > MaxOverrides {
		v.fault("status.overrides", "are more than %d", MaxOverrides)
	}
	for i := range st.Overrides {
		v.nest(fmt.Sprintf("status.overrides[%d]", i), st.Overrides[i].fault())
	}
	v.rollout("status.rollout", p)
}

// taskStatus checks one task's status.
func (v *validator) taskStatus(path string, s *TaskStatus) {
	n := len(s.Attempts)
	switch {
	case s.State.ordinal() < 0 || s.State == "":
		v.fault(path+".state", "%q is no state of a task", short(string(s.State)))
	case n > keptAttempts || s.Count < n || s.Count > MaxAttempts:
		v.fault(path+".attempts", "%d of %d are not what there can be", n, s.Count)
	case s.State.active() && (n == 0 || s.Attempts[n-1].N != s.Count):
		v.fault(path+".attempts", "must end with the one under way")
	}
}
