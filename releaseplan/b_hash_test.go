package releaseplan_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// Hashes are stored with approvals and in events: these never change.
func TestHashesAreGolden(t *testing.T) {
	for _, row := range []struct {
		name string
		c    content
		want string
	}{
		{"nothing", content{Name: "x"}, "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"}, // of {}
		{"a small plan", bARP(), "ce6bf1b2babbf6f26119fede4fcca3120f441c198cbd41de9adf2668741dc6a4"},
		{"every field", bRich(), "e391440dfe6bd2ad7c2b5d86224aca5537e89ae95307b37ae21f2db187cc45b2"},
		{"many tasks", bSized(3, 5, releaseplan.Parallel), "89b528bf6495d87c8cffc638b499f18da4ba85523d67556f3aea7dfe7587ec1a"},
	} {
		if got := bPlan(t, row.c).Hash(); got != row.want {
			t.Errorf("%s has the hash %s, want %s", row.name, got, row.want)
		}
	}
}

func TestHashIsOfThisDocument(t *testing.T) {
	const doc = `{"phases":[{"kind":"sequential","name":"Phase 1","planned_duration":"P4D","tasks":[{"kind":"manual","name":"Task 1","planned_time":{"duration":"P1D"}}]}],` +
		`"variables":[{"name":"variable_name","value":"variable value"}]}`
	if got, want := bPlan(t, bARP()).Hash(), fmt.Sprintf("%x", sha256.Sum256([]byte(doc))); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A field is one of a struct of the content, and how to change it in bRich.
type field struct {
	hashed bool
	change func(*content)
}

// fields classifies every field of the content.
func fields() map[string]field {
	task := func(f func(*releaseplan.Task)) func(*content) { return func(c *content) { f(&c.Phases[0].Tasks[1]) } }
	strategy := func(f func(*rollout.Strategy)) func(*content) {
		return func(c *content) { f(&c.Milestones[0].Strategies[0]) }
	}
	guard := func(f func(*releaseplan.Safeguard)) func(*content) { return func(c *content) { f(&c.Safeguards[0]) } }
	other := penstock.UserParty("zoe")
	day := penstock.Duration{Days: 3}
	return map[string]field{
		"Content.Name":               {false, func(c *content) { c.Name = "y" }},
		"Content.Description":        {false, func(c *content) { c.Description = "y" }},
		"Content.Folder":             {false, func(c *content) { c.Folder.ID = "y" }},
		"Content.Owner":              {false, func(c *content) { c.Owner = other }},
		"Content.Planned":            {false, func(c *content) { c.Planned.Start = c.Planned.Start.Add(time.Hour) }},
		"Content.Window":             {true, func(c *content) { c.Window.End = c.Window.End.Add(time.Hour) }},
		"Content.Start":              {true, func(c *content) { c.Start.At = c.Start.At.Add(time.Hour) }},
		"Content.Approval":           {true, func(c *content) { c.Approval.TimeoutMinutes++ }},
		"Content.Phases":             {true, func(c *content) { slices.Reverse(c.Phases) }},
		"Content.Milestones":         {true, func(c *content) { c.Milestones = append(c.Milestones, releaseplan.Milestone{Name: "z"}) }},
		"Content.Target":             {true, func(c *content) { c.Target = nil }},
		"Content.Safeguards":         {true, func(c *content) { c.Safeguards = nil }},
		"Content.Origin":             {false, func(c *content) { c.Origin = nil }},
		"Content.Variables":          {true, func(c *content) { c.Variables = c.Variables[:1] }},
		"Content.Listeners":          {false, func(c *content) { c.Listeners = nil }},
		"Content.Gates":              {true, func(c *content) { c.Gates = c.Gates[:1] }},
		"Content.NotifyOwnerOnError": {false, func(c *content) { c.NotifyOwnerOnError = nil }},
		"Content.Labels":             {false, func(c *content) { c.Labels["x"] = "y" }},

		"Phase.ID":          {false, func(c *content) { c.Phases[0].ID = "" }},
		"Phase.Number":      {false, func(c *content) { c.Phases[0].Number++ }},
		"Phase.Name":        {true, func(c *content) { c.Phases[0].Name = "y" }},
		"Phase.Description": {true, func(c *content) { c.Phases[0].Description = "y" }},
		"Phase.Owner":       {false, func(c *content) { c.Phases[0].Owner = other }},
		"Phase.Kind":        {true, func(c *content) { c.Phases[0].Kind = releaseplan.Parallel }},
		"Phase.Duration":    {true, func(c *content) { c.Phases[0].Duration = nil }},
		"Phase.Listeners":   {false, func(c *content) { c.Phases[0].Listeners = nil }},
		"Phase.Tasks":       {true, func(c *content) { c.Phases[0].Tasks = c.Phases[0].Tasks[:2] }},

		"Task.ID":          {false, task(func(t *releaseplan.Task) { t.ID = "" })},
		"Task.Number":      {false, task(func(t *releaseplan.Task) { t.Number++ })},
		"Task.Name":        {true, task(func(t *releaseplan.Task) { t.Name = "y" })},
		"Task.Description": {true, task(func(t *releaseplan.Task) { t.Description = "y" })},
		"Task.Owner":       {false, task(func(t *releaseplan.Task) { t.Owner = other })},
		"Task.Kind":        {true, task(func(t *releaseplan.Task) { t.Kind = "y" })},
		"Task.Spec":        {true, task(func(t *releaseplan.Task) { t.Spec = json.RawMessage(`{"run":"go test","n":2}`) })},
		"Task.Start":       {true, task(func(t *releaseplan.Task) { t.Start = releaseplan.ByHand })},
		"Task.Needs":       {true, task(func(t *releaseplan.Task) { t.Needs = nil })},
		"Task.Class":       {true, task(func(t *releaseplan.Task) { t.Class = "y" })},
		"Task.Timeout":     {true, task(func(t *releaseplan.Task) { t.Timeout = day })},
		"Task.Retry":       {true, task(func(t *releaseplan.Task) { t.Retry.Max++ })},
		"Task.Crash":       {true, task(func(t *releaseplan.Task) { t.Crash = "" })},
		"Task.Planned":     {true, task(func(t *releaseplan.Task) { t.Planned = nil })},
		"Task.Listeners":   {false, task(func(t *releaseplan.Task) { t.Listeners = nil })},
		"Task.Disabled":    {true, task(func(t *releaseplan.Task) { t.Disabled = true })},

		"Milestone.ID":          {false, func(c *content) { c.Milestones[0].ID = "" }},
		"Milestone.Name":        {true, func(c *content) { c.Milestones[0].Name, c.Safeguards[0].Back = "y", "y" }},
		"Milestone.Description": {true, func(c *content) { c.Milestones[0].Description = "y" }},
		"Milestone.After":       {true, func(c *content) { c.Milestones[0].After = nil }},
		"Milestone.SortOrder":   {false, func(c *content) { c.Milestones[0].SortOrder++ }},
		"Milestone.Start":       {true, func(c *content) { c.Milestones[0].Start = "" }},
		"Milestone.At":          {true, func(c *content) { c.Milestones[0].At = bNoon }},
		"Milestone.Strategies":  {true, func(c *content) { c.Milestones[0].Strategies = nil }},

		"Strategy.ID":         {false, strategy(func(s *rollout.Strategy) { s.ID = "y" })},
		"Strategy.Name":       {true, strategy(func(s *rollout.Strategy) { s.Name = "default" })},
		"Strategy.Title":      {true, strategy(func(s *rollout.Strategy) { s.Title = "y" })},
		"Strategy.SortOrder":  {false, strategy(func(s *rollout.Strategy) { s.SortOrder++ })},
		"Strategy.Disabled":   {true, strategy(func(s *rollout.Strategy) { s.Disabled = true })},
		"Strategy.Parameters": {true, strategy(func(s *rollout.Strategy) { s.Parameters = nil })},
		"Strategy.Constraints": {true, strategy(func(s *rollout.Strategy) {
			s.Constraints = []rollout.Constraint{{ContextName: "country", Operator: rollout.In, Values: []string{"nl"}}}
		})},
		"Strategy.Segments": {true, strategy(func(s *rollout.Strategy) { s.Segments = []int{1} })},
		"Strategy.Variants": {true, strategy(func(s *rollout.Strategy) { s.Variants = make([]rollout.Variant, 1) })},

		"Target.Feature":     {true, func(c *content) { c.Target.Feature = "y" }},
		"Target.Environment": {true, func(c *content) { c.Target.Environment = "y" }},
		"Target.Project":     {true, func(c *content) { c.Target.Project = "y" }},

		"Safeguard.ID":         {false, guard(func(g *releaseplan.Safeguard) { g.ID = "y" })},
		"Safeguard.Name":       {true, guard(func(g *releaseplan.Safeguard) { g.Name = "y" })},
		"Safeguard.Metric":     {true, guard(func(g *releaseplan.Safeguard) { g.Metric.Labels = nil })},
		"Safeguard.Above":      {true, guard(func(g *releaseplan.Safeguard) { *g.Above = 2 })},
		"Safeguard.Below":      {true, guard(func(g *releaseplan.Safeguard) { g.Above, g.Below = nil, g.Above })},
		"Safeguard.Clear":      {true, guard(func(g *releaseplan.Safeguard) { g.Clear = g.Above })},
		"Safeguard.Window":     {true, guard(func(g *releaseplan.Safeguard) { g.Window = day })},
		"Safeguard.MinSamples": {true, guard(func(g *releaseplan.Safeguard) { g.MinSamples++ })},
		"Safeguard.Action":     {true, guard(func(g *releaseplan.Safeguard) { g.Action, g.Back = "", "" })},
		"Safeguard.Back":       {true, guard(func(g *releaseplan.Safeguard) { g.Action, g.Back = "", "" })},

		"Variable.Name":   {true, func(c *content) { c.Variables[0].Name = "y" }},
		"Variable.Value":  {true, func(c *content) { c.Variables[0].Value = "y" }},
		"Variable.Secret": {true, func(c *content) { c.Variables[0].Secret = true }},
		"Variable.Digest": {false, func(c *content) { c.Variables[0].Digest = "given by a caller" }},

		"Gate.On":      {true, func(c *content) { c.Gates[1].On, c.Gates[2].On = c.Gates[2].On, c.Gates[1].On }},
		"Gate.Timeout": {true, func(c *content) { c.Gates[1].Timeout = day }},
		"Gate.Check":   {true, func(c *content) { c.Gates[1].Check = "y" }},

		"Schedule.Mode": {true, func(c *content) { c.Start = releaseplan.Schedule{Mode: releaseplan.OnApproval} }},
		"Schedule.At":   {true, func(c *content) { c.Start.At = c.Start.At.Add(time.Second) }},

		"Window.Start": {true, func(c *content) { c.Window.Start = c.Window.Start.Add(-time.Second) }},
		"Window.End":   {true, func(c *content) { c.Window.End = c.Window.End.Add(time.Second) }},

		"RetryPolicy.Max":     {true, task(func(t *releaseplan.Task) { t.Retry.Max = 7 })},
		"RetryPolicy.Delay":   {true, task(func(t *releaseplan.Task) { t.Retry.Delay = day })},
		"RetryPolicy.Backoff": {true, task(func(t *releaseplan.Task) { t.Retry.Backoff = 7 })},

		"PlannedTime.Start":    {true, task(func(t *releaseplan.Task) { t.Planned.Start = bNoon })},
		"PlannedTime.End":      {true, task(func(t *releaseplan.Task) { t.Planned.End = bNoon })},
		"PlannedTime.Duration": {true, task(func(t *releaseplan.Task) { t.Planned.Duration = &day })},

		"Policy.Enabled":        {true, func(c *content) { c.Approval.Enabled = false }},
		"Policy.Kind":           {true, func(c *content) { c.Approval.Kind = approval.Lark; c.Approval.Other = nil }},
		"Policy.Description":    {true, func(c *content) { c.Approval.Description = "y" }},
		"Policy.Nodes":          {true, func(c *content) { c.Approval.Nodes[0].K = 2 }},
		"Policy.TimeoutMinutes": {true, func(c *content) { c.Approval.TimeoutMinutes = 7 }},
		"Policy.App":            {true, func(c *content) { c.Approval.App = "y" }},
		"Policy.Initiator":      {true, func(c *content) { c.Approval.Initiator = nil }},
		"Policy.Separation":     {true, func(c *content) { c.Approval.Separation = approval.Separation{} }},
		"Policy.Other":          {true, func(c *content) { c.Approval.Other = nil }},
	}
}

// A new field has to be put into the table, so that nobody forgets to think about
// what an approval is bound to.
func TestHashCoversWhatAnApproverAgreesTo(t *testing.T) {
	table := fields()
	before := bPlan(t, bRich()).Hash()
	for name, f := range table {
		c := bRich()
		f.change(&c)
		if cmp.Equal(bRich(), c) {
			t.Errorf("%s: the row changes nothing", name)
		}
		if changed := bPlan(t, c).Hash() != before; changed != f.hashed {
			t.Errorf("%s: the hash changed: %t, want %t", name, changed, f.hashed)
		}
	}
	for _, of := range []any{content{}, releaseplan.Phase{}, releaseplan.Task{}, releaseplan.Milestone{}, rollout.Strategy{},
		releaseplan.Target{}, releaseplan.Safeguard{}, releaseplan.Variable{}, releaseplan.Gate{},
		releaseplan.Schedule{}, releaseplan.Window{}, releaseplan.RetryPolicy{}, releaseplan.PlannedTime{}, approval.Policy{}} {
		for _, f := range reflect.VisibleFields(reflect.TypeOf(of)) {
			if _, ok := table[reflect.TypeOf(of).Name()+"."+f.Name]; !ok {
				t.Errorf("%s.%s is not classified", reflect.TypeOf(of).Name(), f.Name)
			}
		}
	}
}

func TestHashIsOfTheMeaning(t *testing.T) {
	before := bPlan(t, bRich()).Hash()
	for rule, change := range map[string]func(*content){
		"the order of the members of a spec": func(c *content) { c.Phases[0].Tasks[1].Spec = json.RawMessage(` { "n": 1.0, "run": "go test"}`) },
		"a need by name":                     func(c *content) { c.Phases[0].Tasks[1].Needs = []string{"compile"} },
		"other ids":                          bForgetIDs,
		"a zone":                             func(c *content) { c.Window.Start = c.Window.Start.In(time.FixedZone("", 7200)) },
		"nanoseconds":                        func(c *content) { c.Window.Start = c.Window.Start.Add(999) },
		"a duration written otherwise":       func(c *content) { c.Gates[0].Timeout = penstock.Duration{Time: 24 * time.Hour} },
	} {
		c := bRich()
		change(&c)
		if got := bPlan(t, c).Hash(); got != before {
			t.Errorf("%s changes the hash", rule)
		}
	}
	// What is empty is as good as absent.
	none := bPlan(t, content{Name: "x"}).Hash()
	for rule, c := range map[string]content{
		"an empty window":       {Name: "x", Window: &releaseplan.Window{}},
		"an empty policy":       {Name: "x", Approval: &approval.Policy{}},
		"empty lists":           {Name: "x", Phases: []releaseplan.Phase{}, Variables: []releaseplan.Variable{}, Gates: []releaseplan.Gate{}, Milestones: []releaseplan.Milestone{}},
		"a default written out": {Name: "x", Start: releaseplan.Schedule{}},
	} {
		if bPlan(t, c).Hash() != none {
			t.Errorf("%s changes the hash", rule)
		}
	}
	with := func(task releaseplan.Task) string {
		return bPlan(t, content{Name: "x", Phases: []releaseplan.Phase{{Name: "p", Tasks: []releaseplan.Task{task}}}}).Hash()
	}
	if with(releaseplan.Task{Name: "t"}) != with(releaseplan.Task{Name: "t", Kind: releaseplan.Manual, Planned: &releaseplan.PlannedTime{}, Needs: []string{}}) {
		t.Error("the defaults of a task change the hash")
	}
}

func bForgetIDs(c *content) {
	for i := range c.Milestones {
		c.Milestones[i].ID = ""
		for j := range c.Milestones[i].Strategies {
			c.Milestones[i].Strategies[j].ID = ""
		}
	}
	for i := range c.Safeguards {
		c.Safeguards[i].ID = ""
	}
	for i := range c.Phases {
		c.Phases[i].ID = ""
		for j := range c.Phases[i].Tasks {
			c.Phases[i].Tasks[j].ID = ""
		}
	}
	c.Phases[0].Tasks[1].Needs = []string{"compile"}
}

// Two secrets of two plans cannot be told to be the same; of one plan they can.
func TestHashOfSecretsIsKeyed(t *testing.T) {
	c := content{Name: "x", Variables: []releaseplan.Variable{{Name: "token", Value: "s3cret", Secret: true}}}
	hash := func(key []byte) string {
		p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Key: key}, c, bAnn, bNoon)
		if err != nil {
			t.Fatal(err)
		}
		return p.Hash()
	}
	one := hash([]byte("one"))
	if one == hash([]byte("another")) {
		t.Error("the hash tells that two plans have the same secret")
	}
	c.Variables[0].Value = "0ther"
	if one == hash([]byte("one")) {
		t.Error("another value is not another hash")
	}
}
