package plantest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
)

// Random returns a valid content that a seed determines: that of the zero [Generator].
func Random(seed uint64) releaseplan.Content { return Generator{}.Content(seed) }

// A Generator makes random contents. All of them are valid, all members of a content are
// sometimes set, and most of them can be finalized. The zero Generator is fine. Its fields
// may be set before it is used, and any number of goroutines may use it then.
type Generator struct {
	// How many of each there are at most; 0 means the default, less than 0 none.
	Phases     int // default: 3
	Tasks      int // of a phase; default: 4
	Milestones int // default: 4
	Safeguards int // default: 2; none without a milestone
	Variables  int // default: 3
	Listeners  int // of each thing that can have some; default: 2

	Kinds    []string        // of the tasks that are carried out by handlers; default: "deploy"
	Remote   []approval.Kind // that approvals may be of besides native; default: none
	Segments []int           // ids that strategies may refer to; default: none
	Around   time.Time       // when the plan is to be made; default: [Start]

	// Then changes what was made, before it is returned: what your plans are like, and the
	// generator does not know. Default: nothing.
	Then func(r *rand.Rand, c *releaseplan.Content)
}

// Content returns the content that a seed determines.
func (g Generator) Content(seed uint64) releaseplan.Content {
	d := g.dice(rand.New(rand.NewPCG(seed, 1)))
	c := d.content()
	if g.Then != nil {
		g.Then(d.Rand, &c)
	}
	return c
}

// dice returns what makes a generator's choices, with the defaults in place.
func (g Generator) dice(r *rand.Rand) *dice {
	for _, n := range []struct {
		field *int
		most  int
	}{{&g.Phases, 3}, {&g.Tasks, 4}, {&g.Milestones, 4}, {&g.Safeguards, 2}, {&g.Variables, 3}, {&g.Listeners, 2}} {
		if *n.field == 0 {
			*n.field = n.most
		}
		*n.field = max(*n.field, 0)
	}
	if len(g.Kinds) == 0 {
		g.Kinds = []string{"deploy"}
	}
	if g.Around.IsZero() {
		g.Around = Start()
	}
	return &dice{Rand: r, Generator: g}
}

// A dice makes choices.
type dice struct {
	*rand.Rand
	Generator
	made int // names and ids so far
}

// oneIn is true once in n times.
func (d *dice) oneIn(n int) bool { return d.IntN(n) == 0 }

// upTo returns a number from 0 to n.
func (d *dice) upTo(n int) int { return d.IntN(n + 1) }

// pick returns one of some things.
func pick[T any](d *dice, of ...T) T { return of[d.IntN(len(of))] }

// text is a text once in n times.
func (d *dice) text(n int, text string) string {
	if d.oneIn(n) {
		return text
	}
	return ""
}

// number is a number for people, once in n times.
func (d *dice) number(n int) int64 {
	if d.oneIn(n) {
		return int64(1 + d.IntN(1000))
	}
	return 0
}

// uuid is a new id, once in n times.
func (d *dice) uuid(n int) string {
	d.made++
	if !d.oneIn(n) {
		return ""
	}
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", d.Uint32(), d.made)
}

// handle is a new id of a milestone and its like, once in n times.
func (d *dice) handle(n int) string {
	d.made++
	return d.text(n, fmt.Sprintf("id-%d", d.made))
}

func (d *dice) minutes(n int) penstock.Duration {
	return penstock.FromTime(time.Duration(1+d.IntN(n)) * time.Minute)
}

// duration is now and then one of those that have no fixed length, or seconds.
func (d *dice) duration() penstock.Duration {
	switch d.IntN(8) {
	case 0:
		return penstock.Duration{Months: 1}
	case 1:
		return penstock.Duration{Days: 1 + d.IntN(3)}
	case 2:
		return penstock.FromTime(time.Duration(1+d.IntN(90)) * time.Second)
	default:
		return d.minutes(120)
	}
}

// at is a time within some hours of Around.
func (d *dice) at(hours int) time.Time {
	return d.Around.Add(time.Duration(d.IntN(60*hours)) * time.Minute)
}

func (d *dice) party() penstock.Party {
	switch d.IntN(4) {
	case 0:
		return penstock.GroupParty("sre")
	case 1:
		return penstock.Party{ID: "fay", Name: "Fay", IdentityType: "ldap"}
	default:
		return d.user(pick(d, Owner(), Approvers()[0]))
	}
}

// user names a person, with more or less of what is known of her.
func (d *dice) user(who penstock.Actor) penstock.Party {
	return penstock.Party{Type: penstock.User, ID: who.ID, Name: d.text(2, who.Name), IdentityType: d.text(4, "ldap")}
}

// content returns a plan of any shape.
func (d *dice) content() releaseplan.Content {
	c := releaseplan.Content{Name: fmt.Sprintf("Plan %d", d.IntN(1000)), Description: d.text(2, "Made for a test."),
		Owner: d.user(Owner())}
	if d.oneIn(4) {
		c.Owner = penstock.Party{} // who creates the plan
	}
	if d.oneIn(3) {
		c.Folder = penstock.Folder{ID: "shop", Name: d.text(2, "Shop")}
	}
	for i := range d.upTo(d.Generator.Phases) {
		c.Phases = append(c.Phases, d.phase(i))
	}
	d.times(&c)
	if d.oneIn(2) {
		c.Approval = d.policy()
	}
	d.gates(&c)
	if d.oneIn(2) {
		d.milestones(&c)
	}
	d.variables(&c)
	c.Listeners = d.listeners()
	if d.oneIn(3) {
		yes := d.oneIn(2)
		c.NotifyOwnerOnError = &yes
	}
	if d.oneIn(3) {
		c.Labels = map[string]string{"team": pick(d, "shop", "bank"), "tier": ""}
	}
	if d.oneIn(4) {
		c.Origin = &releaseplan.Origin{Template: "standard", Version: d.number(2)}
	}
	return c
}

// times gives the plan a window, a schedule and a planned time that go together.
func (d *dice) times(c *releaseplan.Content) {
	if d.oneIn(3) {
		c.Window = &releaseplan.Window{End: d.Around.Add(pick(d, time.Hour, 5*time.Hour, 100*time.Hour) * time.Duration(1+d.IntN(4)))}
		if d.oneIn(2) {
			c.Window.Start = d.Around.Add(30 * time.Minute)
		}
	}
	switch d.IntN(4) {
	case 0:
		c.Start.Mode = releaseplan.OnApproval
	case 1:
		c.Start = releaseplan.Schedule{Mode: releaseplan.Scheduled, At: d.Around.Add(time.Duration(30+d.IntN(30)) * time.Minute)}
	case 2:
		c.Start.Mode = releaseplan.ByHand
	}
	if d.oneIn(3) {
		length := d.minutes(30) // shorter than every window
		c.Planned = &releaseplan.PlannedTime{Start: d.at(8), Duration: &length}
		if d.oneIn(2) {
			c.Planned.End = length.AddTo(c.Planned.Start)
		}
	}
}

func (d *dice) gates(c *releaseplan.Content) {
	for _, on := range []releaseplan.GateKind{releaseplan.GateFinalize, releaseplan.GateExecute, releaseplan.GateComplete} {
		if d.oneIn(4) {
			g := releaseplan.Gate{On: on}
			if d.oneIn(2) {
				g.Timeout = d.minutes(120)
			}
			g.Check = d.text(3, "tests")
			c.Gates = append(c.Gates, g)
		}
	}
}

func (d *dice) variables(c *releaseplan.Content) {
	for i := range d.upTo(d.Generator.Variables) {
		v := releaseplan.Variable{Name: fmt.Sprintf("v%d", i), Value: fmt.Sprint(d.IntN(100))}
		switch {
		case d.oneIn(5):
			v.Secret = true
			v.Digest = d.text(4, "of another plan")
		case i > 0 && d.oneIn(2):
			v.Value = fmt.Sprintf("{v%d}/{{%d}}", d.IntN(i), d.IntN(100))
		}
		c.Variables = append(c.Variables, v)
	}
}

func (d *dice) listeners() (all []releaseplan.Listener) {
	if !d.oneIn(4) {
		return nil
	}
	for range d.upTo(d.Generator.Listeners) {
		l := releaseplan.Listener{Event: pick(d, releaseplan.EventStarted, releaseplan.EventPaused, releaseplan.EventFailed,
			releaseplan.EventFinished, releaseplan.EventCanceled, releaseplan.EventExpired, releaseplan.EventWaiting)}
		for range d.IntN(3) {
			l.Recipients = append(l.Recipients, d.party())
		}
		all = append(all, l)
	}
	return all
}

// policy asks some of the approvers. One of a kind that is decided elsewhere may have more nodes.
func (d *dice) policy() *approval.Policy {
	p := &approval.Policy{Enabled: !d.oneIn(6), Kind: approval.Native, Description: d.text(3, "Please."), TimeoutMinutes: pick(d, 0, 0, 30, 300),
		Separation: approval.Separation{NotAuthor: d.oneIn(3), NotLastEditor: d.oneIn(4), NotExecutor: d.oneIn(4)}}
	nodes := 1
	if len(d.Remote) > 0 && d.oneIn(3) {
		p.Kind, nodes = pick(d, d.Remote...), 1+d.IntN(2)
		p.App = d.text(2, "app-1")
		if d.oneIn(2) {
			initiator := d.user(Owner())
			p.Initiator = &initiator
		}
	}
	people := Approvers()
	for i := range nodes {
		node := approval.Node{Need: pick(d, approval.All, approval.Any, approval.KOf)}
		who := people[i:] // nobody in every node
		if i+1 < nodes {
			who = people[i : i+1]
		}
		for _, a := range who {
			node.Approvers = append(node.Approvers, d.user(a))
		}
		if node.Need == approval.KOf {
			node.K = 1 + d.IntN(len(who))
		}
		p.Nodes = append(p.Nodes, node)
	}
	if d.oneIn(4) {
		p.Other = map[approval.Kind]json.RawMessage{approval.WorkWX: json.RawMessage(`{"timeout":5}`)}
	}
	return p
}
