package zadig

import (
	"encoding/json"
	"reflect"
	"slices"

	"github.com/penstock-go/penstock/releaseplan"
)

// A diffChange is one value that changed.
type diffChange struct {
	Type        string          `json:"change_type" enum:"added,removed,updated,moved"`
	Path        string          `json:"path"`
	Label       string          `json:"label"`
	Before      json.RawMessage `json:"before" doc:"null: it was not there"`
	After       json.RawMessage `json:"after" doc:"null: it is gone"`
	BeforeOrder int             `json:"before_order" doc:"its place, from 1, if it moved"`
	AfterOrder  int             `json:"after_order"`
	LargeText   bool            `json:"large_text"`
	Masked      bool            `json:"masked" doc:"it is a secret, and not shown"`
}

// A section is a part of a plan that is compared.
type section struct {
	key, name, kind, display string
	spec                     any // nil: not there
}

// planSpec is what is known of a plan besides its approval and jobs.
type planSpec struct {
	Name        string           `json:"name"`
	Manager     string           `json:"manager"`
	ManagerID   string           `json:"manager_id"`
	Description string           `json:"description"`
	Start       int64            `json:"start_time"`
	End         int64            `json:"end_time"`
	Schedule    int64            `json:"schedule_execute_time"`
	Jira        *jiraAssociation `json:"jira_sprint_association"`
}

// A jobSpec is the content of a job.
type jobSpec struct {
	Name      string `json:"name"`
	Type      string `json:"type"`
	Manager   string `json:"manager"`
	ManagerID string `json:"manager_id"`
	Spec      any    `json:"spec"`
}

// sections takes content apart.
func (l *library) sections(c *releaseplan.Content) (all []section, order []string, err error) {
	if c == nil {
		return nil, nil, nil
	}
	head := planSpec{Name: c.Name, Manager: c.Owner.Label(), ManagerID: c.Owner.ID, Description: c.Description, Jira: toJira(c.Labels)}
	if c.Window != nil {
		head.Start, head.End = seconds(c.Window.Start), seconds(c.Window.End)
	}
	if c.Start.Mode == releaseplan.Scheduled {
		head.Schedule = seconds(c.Start.At)
	}
	all = append(all, section{"metadata", "metadata", "metadata", "metadata_spec", head})
	if a := toApproval(c.Approval, nil); a != nil {
		all = append(all, section{"approval", "approval", "approval", "approval_spec", a})
	}
	for _, t := range tasks(c) {
		spec, err := l.jobSpec(*t)
		if err != nil {
			return nil, nil, err
		}
		all = append(all, section{"job:" + t.ID, t.Name, "job", "workflow_spec", spec})
		order = append(order, t.ID)
	}
	return all, order, nil
}

func (l *library) jobSpec(t releaseplan.Task) (jobSpec, error) {
	out := jobSpec{Name: t.Name, Type: l.kindWord(t.Kind), ManagerID: t.Owner.ID}
	if !t.Owner.IsZero() {
		out.Manager = t.Owner.Label()
	}
	switch out.Type {
	case jobText:
		out.Spec = textSpec{Content: contentOf(t)}
	case jobWorkflow:
		spec := specOf(t)
		d, err := l.definition(spec.Workflow)
		if err != nil {
			return out, err
		}
		out.Spec = toJobWorkflow(spec, d, l.secretsOf(d))
	default:
		out.Spec = anyObject{t.Spec}
	}
	return out, nil
}

// diff compares two contents; before is nil if there was none.
func (l *library) diff(before, after *releaseplan.Content) ([]diffGroup, error) {
	was, wasOrder, err := l.sections(before)
	if err != nil {
		return nil, err
	}
	is, isOrder, err := l.sections(after)
	if err != nil {
		return nil, err
	}
	groups := []diffGroup{}
	if before == nil {
		whole := make(map[string]any, len(is))
		for _, s := range is {
			whole[s.key] = s.spec
		}
		g, err := group(section{key: "plan", name: after.Name, kind: "plan", display: "metadata_spec"}, section{key: "plan", name: after.Name, kind: "plan", display: "metadata_spec", spec: whole})
		if err != nil {
			return nil, err
		}
		g.Changes = []diffChange{}
		return []diffGroup{*g}, nil
	}
	wasBy, isBy, keys := byKey(was, is)
	for _, key := range keys {
		g, err := group(wasBy[key], isBy[key])
		if err != nil {
			return nil, err
		}
		if g != nil {
			groups = append(groups, *g)
		}
	}
	if g := moved(wasOrder, isOrder, after); g != nil {
		groups = append(groups, *g)
	}
	return groups, nil
}

// byKey returns sections by their keys, and the keys of those before and after, each once.
func byKey(was, is []section) (before, after map[string]section, keys []string) {
	before, after = make(map[string]section, len(was)), make(map[string]section, len(is))
	for _, s := range was {
		before[s.key] = s
		keys = append(keys, s.key)
	}
	for _, s := range is {
		if after[s.key] = s; before[s.key].key == "" {
			keys = append(keys, s.key)
		}
	}
	return before, after, keys
}

// group compares a section with itself; nil if nothing changed.
func group(was, is section) (*diffGroup, error) {
	shown := is
	if is.spec == nil {
		shown = was
	}
	out := &diffGroup{Key: shown.key, Name: shown.name, Type: shown.kind, Display: shown.display, Changes: []diffChange{}}
	wasText, err := json.Marshal(was.spec)
	if err != nil {
		return nil, err
	}
	isText, err := json.Marshal(is.spec)
	if err != nil {
		return nil, err
	}
	if was.spec != nil {
		out.Before = &anyObject{wasText}
	}
	if is.spec != nil {
		out.After = &anyObject{isText}
	}
	before, err := decodeTree(wasText)
	if err != nil {
		return nil, err
	}
	after, err := decodeTree(isText)
	if err != nil || reflect.DeepEqual(before, after) {
		return nil, err
	}
	return out, leaves(&out.Changes, "", before, after)
}

// moved tells which jobs changed places among those that there were before and after; nil if none did.
func moved(was, is []string, after *releaseplan.Content) *diffGroup {
	wasAt, isAt := places(was), places(is)
	gone := func(in map[string]int) func(string) bool { return func(id string) bool { return in[id] == 0 } }
	a, b := slices.DeleteFunc(slices.Clone(was), gone(isAt)), slices.DeleteFunc(slices.Clone(is), gone(wasAt))
	if slices.Equal(a, b) {
		return nil
	}
	names := make(map[string]string, len(is))
	for _, t := range tasks(after) {
		names[t.ID] = t.Name
	}
	out := &diffGroup{Key: "jobs_order", Name: "jobs_order", Type: "jobs_order", Display: "metadata_spec", Changes: []diffChange{}}
	for i, id := range b {
		if a[i] == id {
			continue
		}
		out.Changes = append(out.Changes, diffChange{Type: "moved", Path: "job:" + id, Label: names[id], Before: []byte("null"), After: []byte("null"),
			BeforeOrder: wasAt[id], AfterOrder: isAt[id]})
	}
	return out
}

// places are where each of a list is, from 1.
func places(ids []string) map[string]int {
	out := make(map[string]int, len(ids))
	for i, id := range ids {
		out[id] = i + 1
	}
	return out
}
