package workflow

import (
	"encoding/json"

	"github.com/penstock-go/penstock/approval"
)

// A Stage is a step of a workflow. The next one starts when all its jobs are
// done.
type Stage struct {
	ID       string           `json:"id,omitempty"`       // of the host's own
	Name     string           `json:"name"`               // unique in the definition
	Parallel bool             `json:"parallel,omitempty"` // all jobs at once, not one after another
	Approval *approval.Policy `json:"-"`                  // who must approve before it starts; nil: nobody. In JSON: approval, as an [ApprovalSpec] has it
	Manual   *ManualExec      `json:"manual_exec,omitempty"`
	Jobs     []Job            `json:"jobs,omitempty"` // at least one
}

// ManualExec makes a stage wait until somebody starts it.
type ManualExec struct {
	Enabled bool   `json:"enabled"`
	Users   People `json:"manual_exec_users,omitempty"` // who may; empty: nobody but an admin
	Modify  bool   `json:"modify_params,omitempty"`     // inputs may be changed then: see [ExecuteStage]; otherwise that is refused

	Notification json.RawMessage `json:"lark_person_notification_config,omitempty"` // a JSON object with an app_id, kept as it is
}

// plainStage is a Stage without its methods.
type plainStage Stage

// MarshalJSON writes the stage with its approval in the form of an [ApprovalSpec].
func (s Stage) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		plainStage
		Approval *policyJSON `json:"approval,omitempty"`
	}{plainStage(s), (*policyJSON)(s.Approval)})
}

// UnmarshalJSON reads what [Stage.MarshalJSON] writes. An approval and a manual_exec that
// do not say whether they are enabled are: nobody writes them down to be passed over.
func (s *Stage) UnmarshalJSON(text []byte) error {
	var w struct {
		plainStage
		Approval *policyJSON `json:"approval"`
	}
	if err := json.Unmarshal(text, &w); err != nil {
		return decodeFault("", text, &w, err)
	}
	*s = Stage(w.plainStage)
	s.Approval = (*approval.Policy)(w.Approval)
	if s.Approval == nil && s.Manual == nil {
		return nil
	}
	type said struct {
		Enabled *bool `json:"enabled"`
	}
	var head struct {
		Approval *said `json:"approval"`
		Manual   *said `json:"manual_exec"`
	}
	if err := json.Unmarshal(text, &head); err != nil {
		return decodeFault("", text, &head, err)
	}
	if s.Approval != nil && head.Approval.Enabled == nil {
		s.Approval.Enabled = true
	}
	if s.Manual != nil && head.Manual.Enabled == nil {
		s.Manual.Enabled = true
	}
	return nil
}
