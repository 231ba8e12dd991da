package releaseplan_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// vars makes variables of names and values in turn.
func vars(pairs ...string) (all []releaseplan.Variable) {
	for i := 0; i < len(pairs); i += 2 {
		all = append(all, releaseplan.Variable{Name: pairs[i], Value: pairs[i+1]})
	}
	return all
}

func TestVariablesAreFilledIn(t *testing.T) {
	for _, row := range []struct {
		rule string
		vars []releaseplan.Variable
		want map[string]string
	}{
		{"none", nil, map[string]string{}},
		{"plain", vars("a", "1", "b", ""), map[string]string{"a": "1", "b": ""}},
		{"another", vars("a", "<{b}>", "b", "2"), map[string]string{"a": "<2>", "b": "2"}},
		{"a chain, and twice", vars("a", "{b}{b}", "b", "{c}-", "c", "3"), map[string]string{"a": "3-3-", "b": "3-", "c": "3"}},
		{"dots and dashes", vars("a", "{b.c-d_1}", "b.c-d_1", "x"), map[string]string{"a": "x", "b.c-d_1": "x"}},
		{"literal braces", vars("a", "{{b}} }}{{", "b", "2"), map[string]string{"a": "{b} }{", "b": "2"}},
		{"a value in literal braces", vars("a", "{{{b}}}", "b", "2"), map[string]string{"a": "{2}", "b": "2"}},
		{"what is filled in is not looked into", vars("a", "{b}", "b", "{{c}}"), map[string]string{"a": "{c}", "b": "{c}"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			p := bPlan(t, content{Name: "x", Variables: row.vars})
			got, err := p.Variables(nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Unknown names and cycles are refused at finalize, and at execute from a draft,
// not when the plan is written.
func TestBadVariablesAreRefusedAtFinalize(t *testing.T) {
	for _, row := range []struct {
		rule string
		vars []releaseplan.Variable
		want []string
	}{
		{"an unknown one", vars("a", "{b}"), []string{`variables.a: refers to the unknown variable "b"`}},
		{"two unknown ones", vars("a", "{b}{c}"), []string{`variables.a: refers to the unknown variable "b"`, `variables.a: refers to the unknown variable "c"`}},
		{"no name", vars("a", "{}"), []string{`variables.a: refers to the unknown variable ""`}},
		{"itself", vars("a", "{a}"), []string{"variables.a: refers to itself: a → a"}},
		{"a cycle", vars("a", "{b}", "b", "{c}", "c", "{a}"), []string{"variables.a: refers to itself: a → b → c → a"}},
		{"a cycle with a way in", vars("a", "{b}", "b", "{c}", "c", "{b}"), []string{"variables.b: refers to itself: b → c → b"}},
		{"two cycles", vars("a", "{a}", "b", "{b}"), []string{"variables.a: refers to itself: a → a", "variables.b: refers to itself: b → b"}},
		{"a { alone", vars("a", "x{b"), []string{"variables.a: has a { without }; write {{ for the brace itself"}},
		{"a } alone", vars("a", "x}"), []string{"variables.a: has a } without {; write }} for the brace itself"}},
		{"a secret that is not set", []releaseplan.Variable{{Name: "a", Secret: true}}, []string{"variables[0].value: the secret value of a is not set"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			c := bSized(1, 1, releaseplan.Free)
			c.Variables = row.vars
			p := bPlan(t, c)
			if diff := cmp.Diff(row.want, bFaults(p.Lint())); diff != "" {
				t.Errorf("lint: -want +got:\n%s", diff)
			}
			for _, a := range []releaseplan.Action{releaseplan.Finalize, releaseplan.Execute} {
				next, _, err := p.Do(releaseplan.Command{Action: a}, bAnn, bNoon)
				if diff := cmp.Diff(row.want, bFaults(err)); diff != "" || !errors.Is(err, penstock.ErrRefused) || next != p {
					t.Errorf("%s: %v: -want +got:\n%s", a, err, diff)
				}
			}
		})
	}
}

// Doubling a hundred times would fill any memory.
func TestFillingInIsBounded(t *testing.T) {
	all := vars("v0", "0123456789")
	for i := 1; i <= 100; i++ {
		all = append(all, vars(fmt.Sprint("v", i), strings.Repeat(fmt.Sprintf("{v%d}", i-1), 2))...)
	}
	err := bPlan(t, content{Name: "x", Variables: all}).Lint()
	if faults := bFaults(err); len(faults) != 1 || faults[0] != "variables.v13: is longer than 65536 bytes when all is filled in" {
		t.Errorf("got %q", faults)
	}
	chain := vars("v0", "end")
	for i := 1; i < releaseplan.MaxVariables; i++ {
		chain = append(chain, vars(fmt.Sprint("v", i), fmt.Sprintf("{v%d}", i-1))...)
	}
	slices.Reverse(chain)
	got, err := bPlan(t, content{Name: "x", Variables: chain}).Variables(nil)
	if err != nil || got["v999"] != "end" {
		t.Errorf("a chain of all: %q, %v", got["v999"], err)
	}
}

func TestExpand(t *testing.T) {
	values := map[string]string{"host": "eu.example.com", "raw": "{host}"}
	for _, row := range []struct{ text, want, fault string }{
		{"", "", ""},
		{"deploy to {host}", "deploy to eu.example.com", ""},
		{"{raw}", "{host}", ""},
		{"{{host}}", "{host}", ""},
		{"{port} {path}", "", `text: refers to the unknown variable "port"`},
		{"{", "", "text: has a { without }; write {{ for the brace itself"},
		{"}", "", "text: has a } without {; write }} for the brace itself"},
	} {
		got, err := releaseplan.Expand(row.text, values)
		if got != row.want || (err == nil) != (row.fault == "") || err != nil && (bFaults(err)[0] != row.fault || !errors.Is(err, penstock.ErrInvalid)) {
			t.Errorf("%q is %q, %v", row.text, got, err)
		}
	}
	if diff := cmp.Diff(map[string]string{"host": "eu.example.com", "raw": "{host}"}, values); diff != "" {
		t.Errorf("the values were changed: %s", diff)
	}
}

func TestSetVariablesChangesExistingOnesOnly(t *testing.T) {
	p := bPlan(t, content{Name: "x", Variables: vars("a", "1", "b", "2")})
	set := func(p *releaseplan.Plan, v ...releaseplan.Variable) (*releaseplan.Plan, []releaseplan.Change, error) {
		return p.Do(releaseplan.Command{Action: releaseplan.SetVariables, Variables: v}, bAnn, bNoon)
	}
	next, _, err := set(p, vars("b", "3")...)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(vars("a", "1", "b", "3"), next.Content().Variables); diff != "" || next.Version() != 2 {
		t.Errorf("version %d: -want +got:\n%s", next.Version(), diff)
	}
	if same, changes, err := set(next, vars("b", "3")...); err != nil || same != next || changes != nil {
		t.Errorf("the same again: %d changes, %v", len(changes), err)
	}
	same, _, err := set(p, vars("c", "1", "b", "1", "b", "1")...)
	want := []string{`variables[0].name: there is no variable "c"`, `variables[2].name: "b" is there already`}
	if diff := cmp.Diff(want, bFaults(err)); diff != "" || same != p {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, _, err := set(p, vars("a", strings.Repeat("x", releaseplan.MaxValue+1))...); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("too long: %v", err)
	}
	running := bAct(t, bPlan(t, bRunnable(vars("a", "1"))), bNoon, releaseplan.Execute)
	if _, _, err := set(running, vars("a", "2")...); !errors.Is(err, penstock.ErrRefused) {
		t.Errorf("running: %v", err)
	}
}

func bRunnable(v []releaseplan.Variable) content {
	c := bSized(1, 1, releaseplan.Free)
	c.Variables = v
	return c
}
