package workflow

import "encoding/json"

// SQLSpec is the spec of a sql: it runs statements on a database of the host. Its outputs
// are ROWS, how many were read, and AFFECTED, how many were changed.
//
// Variables in SQL become text of the statement: nothing escapes them. What a statement is given
// is best a choice, or put out by a job that has checked it.
type SQLSpec struct {
	Source       Source `json:"source,omitempty"`        // Runtime or Fixed; Fixed: a start cannot choose the database
	DatabaseID   string `json:"id,omitempty"`            // which database
	DatabaseName string `json:"database_name,omitempty"` // how a start names it; a [Catalog] turns it into the id
	Type         string `json:"type,omitempty"`          // mysql, mariadb, postgresql or sqlite; empty: whatever the database is
	SQL          string `json:"sql,omitempty"`
	TimeoutMins  int    `json:"timeout,omitempty"`  // minutes; 0 means 60
	MaxRows      int    `json:"max_rows,omitempty"` // that are logged; 0 means the executor's limit
	Rest
}

// Check reports what is wrong with the spec.
func (s *SQLSpec) Check(c *Checker) {
	c.OneOf("source", string(s.Source), "", string(Runtime), string(Fixed))
	c.Short("id", s.DatabaseID)
	c.Short("database_name", s.DatabaseName)
	c.OneOf("type", s.Type, "", "mysql", "mariadb", "postgresql", "sqlite")
	c.Text("sql", s.SQL, MaxSpec)
	c.Range("timeout", s.TimeoutMins, 0, MaxTimeout)
	c.Range("max_rows", s.MaxRows, 0, 1_000_000)
	if s.Source == Fixed && s.DatabaseID == "" && s.DatabaseName == "" {
		c.Fault("id", "must not be empty with source fixed")
	}
}

// Timeout returns the minutes that the job may take.
func (s *SQLSpec) Timeout() int {
	if s.TimeoutMins == 0 {
		return defaultTimeout
	}
	return s.TimeoutMins
}

// sqlInput is what a start gives to a sql.
type sqlInput struct {
	Database string  `json:"database_name"`
	SQL      *string `json:"sql"`
}

// TakeInputs takes {database_name, sql}.
func (s *SQLSpec) TakeInputs(parameters json.RawMessage) error {
	var in sqlInput
	if err := DecodeInput(parameters, &in); err != nil {
		return err
	}
	var c Checker
	c.Short("database_name", in.Database)
	if in.Database != "" && s.Source == Fixed {
		c.Fault("database_name", "the database is set by the workflow")
	}
	if in.SQL != nil {
		c.Required("sql", *in.SQL, MaxSpec)
	}
	if err := c.Faults(); err != nil {
		return err
	}
	if in.Database != "" {
		s.DatabaseID, s.DatabaseName = "", in.Database
	}
	if in.SQL != nil {
		s.SQL = *in.SQL
	}
	return nil
}

// Expand returns the one run, once database and statements are known.
func (s *SQLSpec) Expand(Upstream) ([]Piece, error) {
	var c Checker
	if s.DatabaseID == "" && s.DatabaseName == "" {
		c.Fault("id", "must be chosen")
	}
	if s.SQL == "" {
		c.Fault("sql", "must not be empty")
	}
	return alone(&c, s, nil)
}

// alone returns the one run of a job.
func alone(c *Checker, s Spec, values map[string]string) ([]Piece, error) {
	text, err := EncodeSpec(s)
	c.Err("", err)
	if err := c.Faults(); err != nil {
		return nil, err
	}
	return []Piece{{Spec: text, Values: values}}, nil
}

// Outputs returns the names of the outputs: how many rows were read, and how many were changed.
func (s *SQLSpec) Outputs() []string { return []string{"ROWS", "AFFECTED"} }
