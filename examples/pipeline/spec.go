package main

import "github.com/penstock-go/penstock/workflow"

// A rollout is the spec of a blue-green job: a new release serves beside the one
// before it, until one of them ends.
type rollout struct {
	Action string `json:"action"` // deploy: start a release and give it the traffic; retire: end the one before; rollback: give it the traffic again
	Binary string `json:"binary,omitempty"`
	SHA256 string `json:"sha256,omitempty"` // of Binary, as it was approved
	workflow.Rest
}

// Check reports what is wrong with the spec.
func (r *rollout) Check(c *workflow.Checker) {
	c.OneOf("action", r.Action, "deploy", "retire", "rollback")
	if r.Action == "deploy" {
		c.Required("binary", r.Binary, workflow.MaxValue)
		c.Required("sha256", r.SHA256, workflow.MaxValue)
	}
}

// Outputs returns the names of the outputs: URL is where users find the program.
func (r *rollout) Outputs() []string {
	if r.Action == "deploy" {
		return []string{"URL"}
	}
	return nil
}

// Timeout returns the minutes that the job may take.
func (r *rollout) Timeout() int { return 1 }
