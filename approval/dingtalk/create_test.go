package dingtalk_test

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/dingtalk"
)

func TestCreateAgainOpensNothing(t *testing.T) {
	t.Parallel()
	f := newFake()
	url := f.listen(t)
	r := request(t, "r1", node(approval.All, "ann"))
	id := create(t, provider(t, config(url)), r)
	for range 3 { // each time in a process that knows nothing
		if got := create(t, provider(t, config(url)), r); got != id {
			t.Errorf("got %s, then %s", id, got)
		}
	}
	f.agree(id, "ding-ann", "")
	if got := create(t, provider(t, config(url)), r); got != id {
		t.Errorf("once it is answered: %s", got)
	}
	if other := create(t, provider(t, config(url)), request(t, "r2", node(approval.All, "ann"))); other == id {
		t.Error("another request got the same instance")
	}
	if n := f.count("POST " + instances); n != 2 {
		t.Errorf("opened %d", n)
	}
}

func TestAnswerLostAfterTheEffectOpensNothingTwice(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]fault{
		"the connection died":   lost,
		"the answer broke off":  broken,
		"a gateway gave up":     after(answering(http.StatusBadGateway, "", "")),
		"it failed too late":    after(answering(http.StatusInternalServerError, "systemError", "系统异常")),
		"the answer is no JSON": after(saying("<html>")),
		"the answer has no id":  after(saying("{}")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, p := served(t)
			f.goesWrong("POST "+instances, with)
			r := request(t, "r1", node(approval.All, "ann"))
			if id, err := p.Create(t.Context(), r); err == nil || errors.Is(err, penstock.ErrInvalid) {
				t.Fatalf("%q, %v", id, err)
			}
			if id := create(t, p, r); id != "instance-1" {
				t.Errorf("then %s", id)
			}
			if n := len(f.all); n != 1 {
				t.Errorf("%d are open", n)
			}
		})
	}
}

// after carries the call out and answers with something else.
func after(with fault) fault {
	return func(w http.ResponseWriter, r *http.Request, serve func(http.ResponseWriter)) {
		serve(discard{})
		with(w, r, serve)
	}
}

type discard struct{}

func (discard) Header() http.Header            { return http.Header{} }
func (discard) Write(text []byte) (int, error) { return len(text), nil }
func (discard) WriteHeader(int)                {}

// A list that cannot be read leaves open whether there is an instance, so none is opened.
func TestNothingIsOpenedUnlessTheListWasRead(t *testing.T) {
	t.Parallel()
	for name, with := range map[string]map[string]fault{
		"list failed":             {"POST " + queries: answering(http.StatusInternalServerError, "systemError", "")},
		"no list":                 {"POST " + queries: saying(`{"success": true}`)},
		"list refused":            {"POST " + queries: saying(`{"result": {"list": []}, "success": false}`)},
		"list goes nowhere":       {"POST " + queries: saying(`{"result": {"list": [], "nextToken": "0"}}`)},
		"list is no list":         {"POST " + queries: saying(`{"result": {"list": "instance-1"}}`)},
		"endless list":            {"POST " + queries: saying(`{"result": {"list": ["x"` + strings.Repeat(`,"x"`, 2000) + `]}}`)},
		"detail without a form":   {"GET " + instances: saying(`{"result": {"status": "RUNNING"}}`)},
		"detail without a status": {"GET " + instances: saying(`{"result": {"formComponentValues": []}}`)},
		"detail failed":           {"GET " + instances: answering(http.StatusForbidden, "Forbidden.AccessDenied.AccessTokenPermissionDenied", "")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f, p := served(t)
			create(t, p, request(t, "before", node(approval.All, "ann")))
			p = provider(t, func() dingtalk.Config { c := config(f.listen(t)); return c }())
			for path, what := range with {
				f.goesWrong(path, what)
			}
			if id, err := p.Create(t.Context(), request(t, "r1", node(approval.All, "ann"))); err == nil {
				t.Errorf("opened %s", id)
			}
			if n := f.count("POST " + instances); n != 1 {
				t.Errorf("opened %d", n)
			}
		})
	}
}

func TestInstanceIsFoundAmongMany(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	var all []*approval.Request
	var ids []string
	for i := range 45 {
		r := request(t, fmt.Sprint("r", i), node(approval.All, "ann"))
		all, ids = append(all, r), append(ids, create(t, p, r))
	}
	read := f.count("GET " + instances)
	for i, r := range all {
		if id := create(t, p, r); id != ids[i] {
			t.Errorf("%s: %s, want %s", r.ID(), id, ids[i])
		}
	}
	if again := f.count("GET "+instances) - read; again > 1 { // the last that was opened
		t.Errorf("%d were read again", again)
	}
}

// A form that was filled in by hand does not make an instance ours, nor does a copy.
func TestForgedReferenceIsNotBelieved(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	r := request(t, "r1", node(approval.All, "ann"))
	id := create(t, p, r)
	genuine := f.the(id).Form[0].Value
	sealedByOthers := func() string {
		cfg := config(f.listen(t))
		cfg.SealKey = "another key"
		other := provider(t, cfg)
		made := create(t, other, r)
		if made == id {
			t.Error("a reference that was sealed with another key was taken for ours")
		}
		return f.the(made).Form[0].Value
	}()
	words := strings.Fields(genuine)
	body, _, _ := strings.Cut(words[1], ".")
	for rule, value := range map[string]string{
		"empty": "", "blank": " ", "the id alone": "r1", "no seal": "r1 " + body, "an empty seal": "r1 " + body + ".", "garbage": "r1 !.!",
		"another seal": sealedByOthers, "another text": strings.Replace(genuine, body, body[:len(body)-4], 1),
	} {
		t.Run(rule, func(t *testing.T) {
			f.does(id, func(o *opened, _ time.Time) {
				o.Form = []dingtalk.Field{{Name: "Penstock", Value: value}}
			})
			if a, err := p.Poll(t.Context(), id); err == nil || !strings.Contains(err.Error(), "no reference") {
				t.Errorf("believed: %+v, %v", a, err)
			}
			f.does(id, func(o *opened, _ time.Time) { o.Form = nil })
			if a, err := p.Poll(t.Context(), id); err == nil {
				t.Errorf("believed without a form: %+v", a)
			}
		})
	}
	f.does(id, func(o *opened, _ time.Time) {
		o.Form, o.Action = []dingtalk.Field{{Name: "Penstock", Value: genuine}}, "MODIFY"
	})
	if got := create(t, provider(t, config(f.listen(t))), r); got == id {
		t.Error("a copy was taken for the instance")
	}
}

func TestCreateRefusesWhatDingTalkCannotBeAsked(t *testing.T) {
	t.Parallel()
	k := approval.Node{Need: approval.KOf, K: 2, Approvers: users("ann", "bob", "cat")}
	var many []approval.Node
	for i := range 21 {
		many = append(many, node(approval.All, fmt.Sprint("u", i)))
	}
	policy := func(nodes ...approval.Node) approval.Policy {
		return approval.Policy{Enabled: true, Kind: "ding_of_ours", Nodes: nodes}
	}
	noProcess := policy(node(approval.All, "ann"))
	elsewhere := policy(node(approval.All, "ann"))
	by := penstock.UserParty("nobody")
	elsewhere.Initiator = &by
	tests := []struct {
		rule   string
		policy approval.Policy
		fields []string
	}{
		{"k of n", policy(k), []string{"nodes[0].need"}},
		{"21 nodes", policy(many...), []string{"nodes"}},
		{"somebody twice", policy(node(approval.All, "ann"), node(approval.All, "ann")), []string{"nodes[1].approvers[0]"}},
		{"two that are one in DingTalk", policy(node(approval.Any, "ann", "twin-of-ann")), []string{"nodes[0].approvers[1]"}},
		{"nobody there", policy(node(approval.Any, "ann", "nobody"), k), []string{"nodes[0].approvers[1]", "nodes[1].approvers[0]", "nodes[1].need"}},
		{"no process", noProcess, []string{"policy.approval_id"}},
		{"an initiator who is not there", elsewhere, []string{"policy.initiator"}},
	}
	for _, test := range tests {
		t.Run(test.rule, func(t *testing.T) {
			t.Parallel()
			f := newFake()
			cfg := config(f.listen(t))
			if test.rule == "no process" {
				cfg.ProcessCode = ""
			}
			_, err := provider(t, cfg).Create(t.Context(), requestOf(t, "r1", test.policy))
			var fields []string
			for _, fault := range penstock.Faults(err) {
				fields = append(fields, fault.Field)
			}
			if !slices.Equal(fields, test.fields) {
				t.Errorf("%v, want %q", err, test.fields)
			}
			if len(f.calls) != 0 {
				t.Errorf("asked %v", f.calls)
			}
		})
	}
}

func TestOneOfNIsAnyAndNOfNIsAll(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	one := approval.Node{Need: approval.KOf, K: 1, Approvers: users("ann", "bob")}
	both := approval.Node{Need: approval.KOf, K: 2, Approvers: users("cat", "dan")}
	o := f.the(create(t, p, request(t, "r1", one, both)))
	if o.Steps[0].ActionType != "OR" || o.Steps[1].ActionType != "AND" {
		t.Errorf("%+v", o.Steps)
	}
}

func TestWhoIsExcludedIsNotAsked(t *testing.T) {
	t.Parallel()
	f, p := served(t)
	policy := approval.Policy{Enabled: true, Kind: approval.DingTalk, App: "PROC-1", Nodes: []approval.Node{node(approval.All, "ann", "max")}}
	policy.Separation.NotAuthor = true
	o := f.the(create(t, p, requestOf(t, "r1", policy)))
	if len(o.Steps) != 1 || !slices.Equal(o.Steps[0].UserIDs, []string{"ding-ann"}) || o.Steps[0].ActionType != "NONE" {
		t.Errorf("%+v", o.Steps)
	}
}

func TestDirectoryThatFailsCanBeAskedAgain(t *testing.T) {
	t.Parallel()
	_, p := served(t)
	_, err := p.Create(t.Context(), request(t, "r1", node(approval.All, "ann", "lost")))
	if err == nil || errors.Is(err, penstock.ErrInvalid) || !strings.Contains(err.Error(), "the directory is away") {
		t.Error(err)
	}
}

func TestFormIsFilledIn(t *testing.T) {
	t.Parallel()
	f := newFake()
	cfg := config(f.listen(t))
	cfg.Reference = "Ref"
	cfg.Fields = func(r *approval.Request) []dingtalk.Field { return []dingtalk.Field{{Name: "Plan", Value: r.Hash()}} }
	form := f.the(create(t, provider(t, cfg), request(t, "r1", node(approval.All, "ann")))).Form
	if len(form) != 3 || form[0].Name != "Ref" || !strings.HasPrefix(form[0].Value, "r1 ") ||
		form[1] != (dingtalk.Field{Name: "What", Value: "Checkout 2.4"}) || form[2] != (dingtalk.Field{Name: "Plan", Value: "h1"}) {
		t.Errorf("%+v", form)
	}
	for rule, fields := range map[string][]dingtalk.Field{"the reference": {{Name: "Ref", Value: "x"}}, "too many": make([]dingtalk.Field, 149)} {
		cfg.Fields = func(*approval.Request) []dingtalk.Field { return fields }
		if _, err := provider(t, cfg).Create(t.Context(), request(t, "r2", node(approval.All, "ann"))); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%s: %v", rule, err)
		}
	}
	if _, err := provider(t, config(f.listen(t))).Create(t.Context(), request(t, "r4", node(approval.All, "ann"))); err != nil {
		t.Error(err)
	}
	var people []string
	for i := range 500 {
		people = append(people, fmt.Sprintf("%s-%d", strings.Repeat("long", 30), i))
	}
	if _, err := provider(t, config(f.listen(t))).Create(t.Context(), request(t, "r3", node(approval.Any, people...))); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("a form that cannot hold them: %v", err)
	}
}

// DingTalk lists 120 days at a time, of the last year.
func TestOldRequestIsLookedForInParts(t *testing.T) {
	t.Parallel()
	for days, opens := range map[int]bool{1: true, 99: true, 130: true, 350: true, 361: false} {
		synctest.Test(t, func(t *testing.T) {
			f, p := wired(t)
			old := request(t, "old", node(approval.All, "ann"))
			id := create(t, p, old)
			missed := request(t, "missed", node(approval.All, "ann"))
			<-time.After(time.Duration(days) * 24 * time.Hour)
			got, err := p.Create(t.Context(), old)
			if (err == nil) != opens || opens && got != id {
				t.Errorf("after %d days: %q, %v", days, got, err)
			}
			if _, err := p.Create(t.Context(), missed); (err == nil) != opens {
				t.Errorf("after %d days: %v", days, err)
			}
			if n := f.count("POST " + instances); opens && n != 2 || !opens && n != 1 {
				t.Errorf("after %d days: opened %d", days, n)
			}
		})
	}
}
