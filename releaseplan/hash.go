package releaseplan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/canonical"
)

// What an approver agrees to is hashed: SHA-256 over the canonical JSON (RFC
// 8785) of phases with their tasks, variables, window, start, approval policy,
// gates, milestones, safeguards and their target. Empty members are omitted, so that a later field leaves
// old hashes as they are. Ids and numbers are left out, and needs are positions,
// so that a copy of a plan has the same hash; so are owners, listeners, labels,
// the folder, and the plan's own name and description.
type (
	hashedPhase struct {
		Name        string             `json:"name"`
		Description string             `json:"description,omitempty"`
		Kind        PhaseKind          `json:"kind"`
		Duration    *penstock.Duration `json:"planned_duration,omitempty"`
		Tasks       []hashedTask       `json:"tasks,omitempty"`
	}
	hashedTask struct {
		Name        string            `json:"name"`
		Description string            `json:"description,omitempty"`
		Kind        string            `json:"kind"`
		Spec        json.RawMessage   `json:"spec,omitempty"`
		Start       StartMode         `json:"start,omitempty"`
		Needs       []string          `json:"needs,omitempty"`
		Class       string            `json:"class,omitempty"`
		Timeout     penstock.Duration `json:"timeout,omitzero"`
		Retry       RetryPolicy       `json:"retry,omitzero"`
		Crash       CrashPolicy       `json:"crash,omitempty"`
		Planned     *PlannedTime      `json:"planned_time,omitempty"`
		Disabled    bool              `json:"disabled,omitempty"`
	}
)

// hashedTask returns the part of a task that is hashed, and that tells whether a
// task that is done is still the same.
func (d *definition) hashedTask(r taskRef) hashedTask {
	t := d.task(r)
	h := hashedTask{Name: t.Name, Description: t.Description, Kind: t.Kind, Spec: t.Spec, Start: t.Start, Class: t.Class,
		Timeout: t.Timeout, Retry: t.Retry, Crash: t.Crash, Planned: t.Planned, Disabled: t.Disabled}
	for _, need := range d.phases[r.phase].needs[r.task] {
		h.Needs = append(h.Needs, fmt.Sprintf("%d.%d", need.phase+1, need.task+1))
	}
	return h
}

func (d *definition) hashedPhase(i int) hashedPhase {
	p := d.phases[i]
	h := hashedPhase{Name: p.Name, Description: p.Description, Kind: p.Kind, Duration: p.Duration}
	for j := range p.Tasks {
		h.Tasks = append(h.Tasks, d.hashedTask(taskRef{i, j}))
	}
	return h
}

// encode makes the forms of a definition that are stored and hashed.
func (d *definition) encode(v *validator) {
	meta := d.content
	meta.Phases = nil
	d.raw = v.encode("", json.Marshal, meta)
	size := len(d.raw)
	phases := make([][]byte, len(d.phases))
	for i, p := range d.phases {
		path := fmt.Sprintf("phases[%d]", i)
		p.raw = v.encode(path, json.Marshal, p.Phase)
		phases[i] = v.encode(path, canonical.JSON, d.hashedPhase(i))
		size += len(p.raw)
	}
	if size > MaxContent {
		v.fault("", "%d bytes of JSON are too many: at most %d", size, MaxContent)
	}
	d.hash = d.sum(v, phases)
}

// sum hashes the members, which stand here in the order of their names.
func (d *definition) sum(v *validator, phases [][]byte) string {
	c := &d.content
	var doc bytes.Buffer
	member := func(name string, value []byte) {
		if doc.Len() > 0 {
			doc.WriteByte(',')
		}
		fmt.Fprintf(&doc, "%q:%s", name, value)
	}
	if c.Approval != nil {
		if policy := v.encode("approval", canonical.JSON, c.Approval); string(policy) != "{}" {
			member("approval", policy)
		}
	}
	if len(c.Gates) > 0 {
		member("gates", v.encode("gates", canonical.JSON, c.Gates))
	}
	if len(c.Milestones) > 0 {
		member("milestones", v.encode("milestones", canonical.JSON, c.hashedMilestones()))
	}
	if len(phases) > 0 {
		member("phases", append(append([]byte{'['}, bytes.Join(phases, []byte{','})...), ']'))
	}
	if len(c.Safeguards) > 0 {
		member("safeguards", v.encode("safeguards", canonical.JSON, c.hashedSafeguards()))
	}
	if c.Start != (Schedule{}) {
		member("start", v.encode("start", canonical.JSON, c.Start))
	}
	if c.Target != nil {
		member("target", v.encode("target", canonical.JSON, c.Target))
	}
	if len(c.Variables) > 0 {
		member("variables", v.encode("variables", canonical.JSON, c.Variables))
	}
	if c.Window != nil {
		member("window", v.encode("window", canonical.JSON, c.Window))
	}
	h := sha256.New()
	h.Write([]byte{'{'})
	h.Write(doc.Bytes())
	h.Write([]byte{'}'})
	return hex.EncodeToString(h.Sum(nil))
}

// encode writes x in one of the two forms of JSON.
func (v *validator) encode(path string, form func(any) ([]byte, error), x any) []byte {
	raw, err := form(x)
	if err != nil {
		v.fault(path, "cannot be written as JSON: %v", err)
	}
	return raw
}
