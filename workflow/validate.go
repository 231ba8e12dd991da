package workflow

import (
	"encoding/json"
	"regexp"
	"strings"

	"github.com/penstock-go/penstock"
)

var (
	workflowKey = regexp.MustCompile(`^[a-zA-Z0-9-]{1,63}$`)
	jobName     = regexp.MustCompile(`^[a-z一-龥][a-z0-9一-龥-]{0,31}$`)
)

// ParseDefinition reads a definition from JSON. What is no definition is an
// ErrInvalid. It does not check the definition.
func ParseDefinition(text []byte) (Definition, error) {
	if len(text) > MaxDefinition {
		return Definition{}, penstock.Invalid("", "%d bytes are too many: at most %d", len(text), MaxDefinition)
	}
	var d Definition
	if err := json.Unmarshal(text, &d); err != nil {
		return Definition{}, decodeFault("", text, &d, err)
	}
	return d, nil
}

// Validate returns every fault of the definition with its path, such as
// stages[1].jobs[0].spec.repos[0].repo_name, as one joined error that is an
// ErrInvalid, or nil. Nil types are the built-in ones. The definition is unchanged.
func (d *Definition) Validate(types *Types) error {
	var c Checker
	if d.checkSizes(&c); c.count() > 0 {
		return c.Faults()
	}
	d.checkHead(&c)
	seen := make(map[string]bool, len(d.Params))
	for i := range d.Params {
		d.Params[i].check(c.At("params[%d]", i), seen)
	}
	d.checkStages(&c)
	types = &Types{types.all()}
	jobs := checkJobs{d: d, types: types, specs: make(map[string]Spec), ranks: d.ranks()}
	jobs.check(&c)
	if c.count() == 0 {
		if text, err := json.Marshal(d); err != nil || len(text) > MaxDefinition {
			c.Fault("", "must be at most %d bytes as JSON", MaxDefinition)
		}
	}
	return c.Faults()
}

// checkSizes counts before anything is done for each of what is counted.
func (d *Definition) checkSizes(c *Checker) {
	jobs := 0
	for _, s := range d.Stages {
		jobs += len(s.Jobs)
	}
	c.Count("stages", len(d.Stages), MaxStages)
	c.Count("jobs", jobs, MaxJobs)
	c.Count("params", len(d.Params), MaxParams)
	c.Count("share_storages", len(d.Storages), MaxStorages)
}

func (d *Definition) checkHead(c *Checker) {
	if d.Project == "" {
		c.Fault("project", "project should not be empty")
	}
	c.Short("project", d.Project)
	if !workflowKey.MatchString(d.Key) {
		c.Fault("name", "%q is not 1 to %d letters, digits and hyphens", short(d.Key), MaxKey)
	}
	c.Short("display_name", d.Name)
	c.Text("description", d.Description, MaxDescription)
	if d.ConcurrencyLimit != nil && *d.ConcurrencyLimit < -1 {
		c.Fault("concurrency_limit", "must be -1 for any number, or more")
	}
	c.checkControls("notify_ctls", d.Notify)
	names := make(map[string]bool, len(d.Storages))
	for i, s := range d.Storages {
		at := c.At("share_storages[%d]", i)
		at.Name("name", s.Name)
		if names[s.Name] && s.Name != "" {
			at.Fault("name", "%q is there already", short(s.Name))
		}
		names[s.Name] = true
		at.Text("path", s.Path, MaxValue)
		if s.Path != "" && !strings.HasPrefix(s.Path, "/") && !hasVariable(s.Path) {
			at.Fault("path", "must be absolute")
		}
	}
}

func (d *Definition) checkStages(c *Checker) {
	if len(d.Stages) == 0 {
		c.Fault("stages", "must not be empty")
	}
	names, ids := make(map[string]bool, len(d.Stages)), make(map[string]bool)
	for i := range d.Stages {
		at, s := c.At("stages[%d]", i), &d.Stages[i]
		at.Name("name", s.Name)
		if names[s.Name] && s.Name != "" {
			at.Fault("name", "duplicated stage name: %s", short(s.Name))
		}
		names[s.Name] = true
		at.id(s.ID, ids)
		if s.Approval != nil {
			at.At("approval").checkPolicy(*s.Approval)
		}
		if s.Manual != nil {
			s.Manual.check(at.At("manual_exec"))
		}
		if len(s.Jobs) == 0 {
			at.Fault("jobs", "must not be empty")
		}
	}
}

// id reports an id that is taken.
func (c *Checker) id(id string, seen map[string]bool) {
	c.Short("id", id)
	if id != "" && seen[id] {
		c.Fault("id", "%q is there already", short(id))
	}
	seen[id] = true
}

func (m *ManualExec) check(c *Checker) {
	m.Users.check(c, "manual_exec_users")
	if len(m.Notification) == 0 || string(m.Notification) == "null" {
		return
	}
	const field = "lark_person_notification_config"
	c.checkObject(field, m.Notification, maxVerbatim)
	var config struct {
		App string `json:"app_id"`
	}
	if json.Unmarshal(m.Notification, &config) != nil || m.Enabled && config.App == "" {
		c.Fault(field+".app_id", "must not be empty")
	}
}

func (p People) check(c *Checker, field string) {
	if !c.Count(field, len(p), MaxPeople) {
		return
	}
	seen := make(map[string]bool, len(p))
	for i, party := range p {
		at := c.At("%s[%d]", field, i)
		id, name := "user_id", "user_name"
		switch party.Type {
		case penstock.User, "":
		case penstock.Group:
			id, name = "group_id", "group_name"
		case Starter:
			id, name = "id", "name"
		default:
			at.Fault("type", "%q is not user, group or %s", short(string(party.Type)), Starter)
			continue
		}
		if party.ID == "" && party.Type != Starter {
			at.Fault(id, "must not be empty")
		}
		at.Short(id, party.ID)
		at.Short(name, party.Name)
		at.Short("identity_type", party.IdentityType)
		if seen[party.Key()] && party.ID != "" {
			at.Fault("", "is there already")
		}
		seen[party.Key()] = true
	}
}

// ranks returns how far a job is from the start, by its name: the jobs of a
// parallel stage have the same rank.
func (d *Definition) ranks() map[string]int {
	ranks, rank := make(map[string]int), 0
	for _, s := range d.Stages {
		for _, j := range s.Jobs {
			if _, twice := ranks[j.Name]; !twice {
				ranks[j.Name] = rank
			}
			if !s.Parallel {
				rank++
			}
		}
		rank++
	}
	return ranks
}
