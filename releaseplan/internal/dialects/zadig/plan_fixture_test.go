package zadig_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/zadig"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

const (
	plansAt   = "/openapi/release_plan/v1"
	plansUIAt = "/api/aslan/release_plan/v1"
	adminID   = "c565c7eb-e273-11ed-bef9-a659ed9f1ed1"
)

// A desk is a server of release plans.
type desk struct {
	*check.Server
	t     *testing.T
	plans *releaseplan.Service
	flows *workflow.Service
	store *brittle

	mu        sync.Mutex
	now       time.Time
	ids       []string // for what is made next
	meanwhile func()   // happens once, when somebody is looked up next
}

// deskPeople are who can ask; the token is the name.
func deskPeople() map[string]penstock.Actor {
	return map[string]penstock.Actor{
		"admin": {ID: adminID, Name: "admin"},
		"root":  {ID: "u-root", Name: "root", Admin: true},
		"ann":   {ID: "u-ann", Name: "ann"},
		"bob":   {ID: "u-bob", Name: "bob", Groups: []string{"g-sre"}},
		"eve":   {ID: "u-eve", Name: "eve"},
	}
}

// A deskDirectory knows the people, and the group sre that bob is a member of.
type deskDirectory struct {
	penstock.Trust
	*desk
}

func (d deskDirectory) Party(_ context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	d.mu.Lock()
	meanwhile := d.meanwhile
	d.desk.meanwhile = nil
	d.mu.Unlock()
	if meanwhile != nil {
		meanwhile()
	}
	if p.Type == penstock.Group && p.ID == "g-sre" {
		p.Name = "sre"
		return penstock.PartyInfo{Party: p, DisplayName: "SRE", Active: true, Members: []penstock.Party{{Type: penstock.User, ID: "u-bob", Name: "bob"}}}, nil
	}
	for _, who := range deskPeople() {
		if p.Type != penstock.Group && (p.ID == who.ID || p.ID == "" && p.Name == who.Name) {
			return penstock.PartyInfo{Party: penstock.Party{Type: penstock.User, ID: who.ID, Name: who.Name}, DisplayName: strings.ToUpper(who.Name), Active: true}, nil
		}
	}
	return penstock.PartyInfo{}, penstock.ErrNotFound
}

// deskRights keeps everybody but root out of the folder vault.
func deskRights(_ context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
	if on.Folder.Name == "vault" && !who.Admin || on.Project == "vault" && !who.Admin {
		return &penstock.ForbiddenError{Right: right, On: on}
	}
	return nil
}

// deskTime is when a desk is opened.
const deskTime = 1693558733

// newDesk starts a server, which admin speaks to unless a request says otherwise. Plans are about
// workflows too.
func newDesk(t *testing.T) *desk {
	t.Helper()
	return newDeskOver(t, memory.New())
}

// newDeskOver is newDesk over a store that others may use too.
func newDeskOver(t *testing.T, over store.Store) *desk {
	t.Helper()
	d := &desk{t: t, store: &brittle{Store: over}, now: time.Unix(deskTime, 0).UTC()}
	fresh := penstock.NewIDs(d.clock)
	var err error
	if d.flows, err = workflow.New(workflow.Config{Store: d.store, Authorizer: deskRights, Now: d.clock}); err != nil {
		t.Fatal(err)
	}
	d.plans = releaseplan.New(releaseplan.Config{Store: d.store, Directory: deskDirectory{desk: d}, Authorizer: deskRights, Now: d.clock, NewID: func() string {
		d.mu.Lock()
		if len(d.ids) > 0 {
			id := d.ids[0]
			d.ids = d.ids[1:]
			d.mu.Unlock()
			return id
		}
		d.mu.Unlock()
		return fresh.New()
	}})
	people := deskPeople()
	h := zadig.Handler(zadig.Config{Plans: d.plans, Workflows: d.flows, Directory: deskDirectory{desk: d}, Now: d.clock, MaxBody: shelfBody, Who: func(r *http.Request) (penstock.Actor, error) {
		who, ok := people[r.Header.Get("Authorization")]
		if !ok {
			return who, errors.New("nobody has this token")
		}
		return who, nil
	}})
	d.Server = check.Serve(t, h, zadig.OpenAPI(), "admin")
	return d
}

func (d *desk) clock() time.Time {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.now
}

// at sets the clock, in Unix time.
func (d *desk) at(unix int64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.now = time.Unix(unix, 0).UTC()
}

// next gives the id of what is made next.
func (d *desk) next(id string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ids = append(d.ids, id)
}

// number makes the next plan have a number.
func (d *desk) number(n int64) {
	d.t.Helper()
	for {
		got, err := d.store.Next(d.t.Context(), "penstock.number", 1)
		if err != nil {
			d.t.Fatal(err)
		}
		if got == n-1 {
			return
		}
		if got >= n {
			d.t.Fatalf("number %d is taken", n)
		}
	}
}

// create files a plan of admin's by a body, and returns its id.
func (d *desk) create(body string) string {
	d.t.Helper()
	var out struct{ ID string }
	d.Do(http.MethodPost, plansUIAt, body).Want(http.StatusOK).Into(&out)
	return out.ID
}

// file files a plan of any dialect as somebody.
func (d *desk) file(c releaseplan.Content, by string) *releaseplan.Plan {
	d.t.Helper()
	p, err := d.plans.Create(d.t.Context(), c, deskPeople()[by])
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// plan returns a plan as it is.
func (d *desk) plan(id string) *releaseplan.Plan {
	d.t.Helper()
	p, err := d.plans.Get(d.t.Context(), id, deskPeople()["root"])
	if err != nil {
		d.t.Fatal(err)
	}
	return p
}

// export is everything that there is of a plan.
func (d *desk) export(id string) string {
	d.t.Helper()
	text, err := releaseplan.Export(d.plan(id))
	if err != nil {
		d.t.Fatal(err)
	}
	return string(text)
}

// move moves a plan to another status.
func (d *desk) move(id, status string, headers ...string) *check.Answer {
	d.t.Helper()
	return d.Do(http.MethodPost, plansUIAt+"/"+id+"/status/"+status, nil, headers...)
}

// put updates a plan.
func (d *desk) put(id, verb, spec string, headers ...string) *check.Answer {
	d.t.Helper()
	return d.Do(http.MethodPut, plansUIAt+"/"+id, `{"verb":"`+verb+`","spec":`+spec+`}`, headers...)
}

// view returns a plan as the dialect shows it.
func (d *desk) view(id string) *check.Answer {
	d.t.Helper()
	return d.Do(http.MethodGet, plansUIAt+"/"+id, nil).Want(http.StatusOK)
}

// golden reads a file.
func golden(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var _ store.Store = (*brittle)(nil)

func mustJSON(t *testing.T, text string, v any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), v); err != nil {
		t.Fatal(err)
	}
}
