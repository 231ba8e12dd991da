package workflow

import "encoding/json"

// TapdSpec is the spec of a tapd: it moves iterations of a TAPD project to a
// status.
type TapdSpec struct {
	Source       Source          `json:"source,omitempty"` // Runtime or Fixed
	TapdID       string          `json:"tapd_id,omitempty"`
	Type         string          `json:"type,omitempty"`
	ProjectID    string          `json:"project_id,omitempty"`
	ProjectName  string          `json:"project_name,omitempty"`
	SourceStatus string          `json:"source_status,omitempty"`
	Status       string          `json:"status,omitempty"` // open, done, or one of the project's own
	Iterations   []TapdIteration `json:"iterations,omitempty"`
	Rest
}

// A TapdIteration is an iteration of a TAPD project.
type TapdIteration struct {
	ID    string `json:"iteration_id"`
	Name  string `json:"iteration_name,omitempty"`
	Start string `json:"start_date,omitempty"`
	End   string `json:"end_date,omitempty"`
	Rest
}

const maxIterations = 500

// Check reports what is wrong with the spec.
func (s *TapdSpec) Check(c *Checker) {
	c.OneOf("source", string(s.Source), "", string(Runtime), string(Fixed))
	for _, f := range []struct{ field, text string }{
		{"tapd_id", s.TapdID}, {"type", s.Type}, {"project_id", s.ProjectID}, {"project_name", s.ProjectName},
		{"source_status", s.SourceStatus}, {"status", s.Status},
	} {
		c.Short(f.field, f.text)
	}
	checkIterations(c, s.Iterations)
	if s.Source == Fixed {
		s.ready(c)
	}
}

func checkIterations(c *Checker, all []TapdIteration) {
	if !c.Count("iterations", len(all), maxIterations) {
		return
	}
	seen := make(map[string]bool, len(all))
	for i, it := range all {
		at := c.At("iterations[%d]", i)
		at.Name("iteration_id", it.ID)
		if seen[it.ID] && it.ID != "" {
			at.Fault("iteration_id", "%q is there already", short(it.ID))
		}
		seen[it.ID] = true
		at.Short("iteration_name", it.Name)
		at.Short("start_date", it.Start)
		at.Short("end_date", it.End)
	}
}

// ready reports what is missing.
func (s *TapdSpec) ready(c *Checker) {
	if s.ProjectID == "" {
		c.Fault("project_id", "must be chosen")
	}
	if s.Status == "" {
		c.Fault("status", "must be chosen")
	}
	if len(s.Iterations) == 0 {
		c.Fault("iterations", "must be chosen")
	}
}

// tapdInput is what a start gives to a tapd.
type tapdInput struct {
	ProjectID    string           `json:"project_id"`
	ProjectName  string           `json:"project_name"`
	Status       string           `json:"status"`
	Iterations   *[]iterationJSON `json:"iterations"`
	IterationIDs *[]string        `json:"iteration_ids"`
}

type iterationJSON struct {
	ID    string `json:"iteration_id"`
	Name  string `json:"iteration_name"`
	Start string `json:"start_date"`
	End   string `json:"end_date"`
}

// TakeInputs takes {project_id, project_name, status, iterations: [{iteration_id,
// iteration_name, start_date, end_date}]}, or iteration_ids for iterations.
func (s *TapdSpec) TakeInputs(parameters json.RawMessage) error {
	var in tapdInput
	if err := DecodeInput(parameters, &in); err != nil {
		return err
	}
	var c Checker
	if s.Source == Fixed && in != (tapdInput{}) {
		c.Fault("", "everything is set by the workflow")
	}
	c.Short("project_id", in.ProjectID)
	c.Short("project_name", in.ProjectName)
	c.Short("status", in.Status)
	iterations := s.Iterations
	switch {
	case in.Iterations != nil && in.IterationIDs != nil:
		c.Fault("iteration_ids", "go without iterations only")
	case in.Iterations != nil:
		iterations = nil
		for _, it := range *in.Iterations {
			iterations = append(iterations, TapdIteration{ID: it.ID, Name: it.Name, Start: it.Start, End: it.End})
		}
		checkIterations(&c, iterations)
	case in.IterationIDs != nil:
		iterations = nil
		for i, id := range *in.IterationIDs {
			c.Name("iteration_ids["+decimal(i)+"]", id)
			iterations = append(iterations, TapdIteration{ID: id})
		}
	}
	if err := c.Faults(); err != nil {
		return err
	}
	if in.ProjectID != "" && in.ProjectID != s.ProjectID {
		s.ProjectID, s.ProjectName = in.ProjectID, ""
	}
	s.ProjectName, s.Status = first(in.ProjectName, s.ProjectName), first(in.Status, s.Status)
	s.Iterations = iterations
	return nil
}

// Expand returns the one run, once everything is chosen.
func (s *TapdSpec) Expand(Upstream) ([]Piece, error) {
	var c Checker
	s.ready(&c)
	return alone(&c, s, nil)
}

// Outputs returns nothing: a tapd has none.
func (s *TapdSpec) Outputs() []string { return nil }
