package workflow

import (
	"encoding/json"
	"errors"

	"github.com/penstock-go/penstock/approval"
)

// ApprovalSpec is the spec of an approval: the job passes when it is approved.
// In JSON the policy is type, description, and a member of the kind, such as
//
//	"native_approval": {"timeout": 60, "needed_approvers": 1, "approve_users": [{"user_id": "ann"}]}
type ApprovalSpec struct {
	Follow                      // Runtime, Fixed, or FromJob: the approvers of an approval before it
	Policy      approval.Policy `json:"-"`                 // always enabled; its timeout is Timeout
	TimeoutMins int             `json:"timeout,omitempty"` // minutes; 0: those of the kind, or else 60
	Title       string          `json:"approval_title,omitempty"`
	Message     string          `json:"approval_message,omitempty"`
	MessageFrom string          `json:"approval_message_source,omitempty"`
	Rest
}

// plainApproval is an ApprovalSpec without its methods.
type plainApproval ApprovalSpec

// MarshalJSON writes the spec with its policy.
func (s *ApprovalSpec) MarshalJSON() ([]byte, error) {
	own, err := json.Marshal((*plainApproval)(s))
	if err != nil {
		return nil, err
	}
	policy, err := json.Marshal(policyJSON(s.Policy))
	if err != nil {
		return nil, err
	}
	var members map[string]json.RawMessage
	if err := errors.Join(json.Unmarshal(policy, &members), json.Unmarshal(own, &members)); err != nil {
		return nil, err
	}
	delete(members, "enabled")
	name := kindMember(s.Policy.Kind, members)
	if read := s.Rest.member(name); read != nil && members[name] != nil {
		if members[name], err = keepKind(members[name], read, s.Policy); err != nil {
			return nil, err
		}
	}
	return json.Marshal(members)
}

// UnmarshalJSON reads what MarshalJSON writes.
func (s *ApprovalSpec) UnmarshalJSON(text []byte) error {
	var own plainApproval
	if err := json.Unmarshal(text, &own); err != nil {
		return decodeFault("", text, &own, err)
	}
	if err := json.Unmarshal(text, (*policyJSON)(&own.Policy)); err != nil {
		return err
	}
	own.Policy.Enabled = true
	*s = ApprovalSpec(own)
	s.Policy.TimeoutMinutes = s.Timeout()
	return nil
}

// Check reports what is wrong with the spec.
func (s *ApprovalSpec) Check(c *Checker) {
	s.check(c, Runtime, Fixed, FromJob)
	c.Range("timeout", s.TimeoutMins, 0, MaxTimeout)
	c.Text("approval_title", s.Title, MaxValue)
	c.Text("approval_message", s.Message, MaxValue)
	c.Short("approval_message_source", s.MessageFrom)
	policy := s.Policy
	if s.FromJob() != "" { // its people are those of the other
		if policy.Kind == "" {
			c.Fault("type", "must not be empty")
		}
		policy.Enabled = false
	}
	c.checkPolicy(policy)
}

// checkPolicy reports what is wrong with a policy, as workflows write it.
func (c *Checker) checkPolicy(p approval.Policy) {
	var inner Checker
	inner.Err("", p.Validate())
	for _, f := range inner.faultList() {
		c.Fault(policyPath(p, f.Field), "%s", f.Why)
	}
}

// Timeout returns the minutes after which the approval lapses.
func (s *ApprovalSpec) Timeout() int {
	switch {
	case s.TimeoutMins > 0:
		return s.TimeoutMins
	case s.Policy.TimeoutMinutes > 0:
		return s.Policy.TimeoutMinutes
	default:
		return defaultTimeout
	}
}

// Fits returns nil for an approval of the same kind and application that follows
// no other.
func (s *ApprovalSpec) Fits(from Spec) error {
	other, ok := from.(*ApprovalSpec)
	switch {
	case !ok:
		return errors.New("which is no approval")
	case other.Policy.Kind != s.Policy.Kind:
		return errors.New("which is of another type")
	case other.FromJob() != "":
		return errors.New("which follows another itself")
	case other.Policy.App != "" && s.Policy.App != "" && other.Policy.App != s.Policy.App:
		return errors.New("which has another application")
	default:
		return nil
	}
}

// TakeInputs takes nothing: {}.
func (s *ApprovalSpec) TakeInputs(parameters json.RawMessage) error {
	return DecodeInput(parameters, &struct{}{})
}

// Expand returns the one run, with the approvers of the job that it follows.
func (s *ApprovalSpec) Expand(from Upstream) ([]Piece, error) {
	var c Checker
	if s.FromJob() == "" {
		return alone(&c, s, nil)
	}
	var other ApprovalSpec
	if len(from.Pieces) != 1 {
		c.Fault("job_name", "job %s has no approvers to take", s.JobName)
		return nil, c.Faults()
	}
	if err := decodeOpen(from.Pieces[0].Spec, &other); err != nil {
		return nil, decodeFault("job_name", from.Pieces[0].Spec, &other, err)
	}
	one := *s
	one.Policy.Nodes, one.Policy.App = other.Policy.Nodes, other.Policy.App
	one.Source = Fixed
	return alone(&c, &one, nil)
}

// Outputs returns nothing: an approval has none.
func (s *ApprovalSpec) Outputs() []string { return nil }
