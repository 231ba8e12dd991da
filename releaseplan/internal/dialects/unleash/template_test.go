package unleash_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/template"
)

const own = "/api/admin/projects/%s/release-templates"

// listed returns the names of elements of a list.
func listed(t testing.TB, a *check.Answer) []string {
	t.Helper()
	var all []struct{ Name string }
	a.Want(http.StatusOK).Into(&all)
	out := []string{}
	for _, x := range all {
		out = append(out, x.Name)
	}
	return out
}

func equal(t testing.TB, what string, want, got any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s: -want +got:\n%s", what, d)
	}
}

// faultsOf lists the paths of a BadDataError, with what is wrong there.
func faultsOf(t testing.TB, a *check.Answer) (all []string) {
	t.Helper()
	var body struct {
		Name    string
		Details []struct{ Path, Message string }
	}
	a.Want(http.StatusBadRequest).Into(&body)
	equal(t, "name", "BadDataError", body.Name)
	for _, d := range body.Details {
		all = append(all, d.Path+" "+d.Message)
	}
	return all
}

// fails wants a failure of a kind.
func fails(t testing.TB, a *check.Answer, status int, name string) {
	t.Helper()
	a.Want(status)
	equal(t, "kind", any(name), a.Get("name"))
}

// TestTemplatesOfProjects: the global list has those of no project; that of a project its own and,
// if asked for, the global ones behind them.
func TestTemplatesOfProjects(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	shop, other := fmt.Sprintf(own, "shop"), fmt.Sprintf(own, "other")
	w.template(body("everybody's", 100))
	made := w.Do("POST", shop, body("of the shop", 100)).Want(http.StatusOK)
	equal(t, "project", any("shop"), made.Get("project"))
	id := made.Get("id").(string)
	equal(t, "global", []string{"everybody's"}, listed(t, w.Do("GET", templates, nil)))
	equal(t, "of the shop", []string{"of the shop"}, listed(t, w.Do("GET", shop, nil)))
	equal(t, "of both", []string{"of the shop", "everybody's"}, listed(t, w.Do("GET", shop+"?include=root", nil)))
	equal(t, "of the other", []string{}, listed(t, w.Do("GET", other, nil)))
	fails(t, w.Do("GET", shop+"?include=all", nil), http.StatusBadRequest, "BadDataError")
	equal(t, "by id", any("of the shop"), w.Do("GET", templates+"/"+id, nil).Want(http.StatusOK).Get("name"))

	fails(t, w.Do("PUT", other+"/"+id, body("stolen", 100)), http.StatusNotFound, "NotFoundError")
	fails(t, w.Do("POST", other+"/archive/"+id, nil), http.StatusNotFound, "NotFoundError")
	w.Do("PUT", shop+"/"+id, body("renamed", 100)).Want(http.StatusOK, "")
	equal(t, "renamed", []string{"renamed"}, listed(t, w.Do("GET", shop, nil)))
	w.Do("POST", shop+"/archive/"+id, nil).Want(http.StatusOK, "")
	equal(t, "archived", []string{}, listed(t, w.Do("GET", shop, nil)))
}

// TestTemplateNamesAreUnique among all projects and the global ones, archived ones too.
func TestTemplateNamesAreUnique(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	first := w.template(body("taken", 100))
	second := w.template(body("free", 100))
	fails(t, w.Do("POST", templates, body("taken", 100)), http.StatusConflict, "NameExistsError")
	fails(t, w.Do("POST", fmt.Sprintf(own, "shop"), body("taken", 100)), http.StatusConflict, "NameExistsError")
	fails(t, w.Do("PUT", templates+"/"+second, body("taken", 100)), http.StatusConflict, "NameExistsError")
	w.Do("POST", templates+"/archive/"+first, nil).Want(http.StatusOK)
	fails(t, w.Do("POST", templates, body("taken", 100)), http.StatusConflict, "NameExistsError")
	w.Do("DELETE", templates+"/"+first, nil).Want(http.StatusOK, "")
	w.Do("POST", templates, body("taken", 100)).Want(http.StatusOK)
}

// TestArchivedTemplates can be read and deleted, and are neither listed nor changed nor used.
func TestArchivedTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	w.feature("checkout", "shop", "production")
	id := w.template(body("old", 100))
	at := templates + "/" + id
	m := w.Do("GET", at, nil).Get("milestones.0.id").(string)
	w.Do("POST", templates+"/archive/"+id, nil).Want(http.StatusOK, "")
	w.Do("POST", templates+"/archive/"+id, nil).Want(http.StatusOK, "")
	before := w.Do("GET", at, nil).Want(http.StatusOK)
	equal(t, "archivedAt", any("2022-01-01T00:00:00Z"), before.Get("archivedAt"))
	equal(t, "listed", []string{}, listed(t, w.Do("GET", templates, nil)))
	fails(t, w.Do("PUT", at, body("new", 5)), http.StatusForbidden, "InvalidOperationError")
	fails(t, w.Do("POST", at+"/milestones", `{"name":"more","sortOrder":9}`), http.StatusForbidden, "InvalidOperationError")
	fails(t, w.Do("DELETE", at+"/milestones/"+m, nil), http.StatusForbidden, "InvalidOperationError")
	fails(t, w.Do("POST", plansOf("shop", "checkout", "production"), map[string]string{"templateId": id}), http.StatusForbidden, "InvalidOperationError")
	w.Do("GET", at, nil).Want(http.StatusOK, string(before.Body))
	w.Do("DELETE", at, nil).Want(http.StatusOK, "")
	fails(t, w.Do("GET", at, nil), http.StatusNotFound, "NotFoundError")
}

// TestTemplateLimit: there are only so many that are not archived, of all projects together.
func TestTemplateLimit(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{limit: 2})
	id := w.template(body("one", 100))
	w.Do("POST", fmt.Sprintf(own, "shop"), body("two", 100)).Want(http.StatusOK)
	fails(t, w.Do("POST", templates, body("three", 100)), http.StatusBadRequest, "ExceedsLimitError")
	fails(t, w.Do("POST", fmt.Sprintf(own, "shop"), body("three", 100)), http.StatusBadRequest, "ExceedsLimitError")
	w.Do("POST", templates+"/archive/"+id, nil).Want(http.StatusOK)
	w.Do("POST", templates, body("three", 100)).Want(http.StatusOK)
}

// TestTemplateOrder: milestones and strategies stand in the order of their sortOrder, which is kept.
func TestTemplateOrder(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	strategy := func(name string, order any) string {
		return fmt.Sprintf(`{"name":"default","title":%q,"sortOrder":%v}`, name, order)
	}
	a := w.Do("POST", templates, `{"name":"sorted","milestones":[
		{"name":"last","sortOrder":900},
		{"name":"first","sortOrder":-1,"strategies":[`+strategy("d", 3)+","+strategy("b", 0.5)+","+strategy("a", 0)+","+strategy("c", 0.5)+`]},
		{"name":"second","sortOrder":7}, {"name":"third","sortOrder":7}]}`).Want(http.StatusOK)
	var got struct {
		Milestones []struct {
			Name       string
			SortOrder  int
			Strategies []struct {
				Title     string
				SortOrder float64
			}
		}
	}
	a.Into(&got)
	var all []string
	for _, m := range got.Milestones {
		all = append(all, fmt.Sprint(m.Name, m.SortOrder))
		for _, s := range m.Strategies {
			all = append(all, fmt.Sprint(s.Title, s.SortOrder))
		}
	}
	equal(t, "order", []string{"first-1", "a0", "b0.5", "c0.5", "d3", "second7", "third7", "last900"}, all)
}

// TestTemplateFaults: every fault is told, by where it is in the body, in whatever order that is.
func TestTemplateFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{known: true})
	for name, test := range map[string]struct {
		body string
		want []string
	}{
		"nothing":         {`{}`, []string{"/body/name must not be empty"}},
		"unknown members": {`{"name":"x","created":1,"milestones":[{"name":"m","sortOrder":0,"startedAt":null}]}`, []string{"/body/milestones/0/startedAt is not known", "/body/created is not known"}},
		"types":           {`{"name":5}`, []string{"/body/name must be a string, not number"}},
		"parameters":      {`{"name":"x","milestones":[{"name":"m","sortOrder":0,"strategies":[{"name":"default","sortOrder":0,"parameters":{"a":5}}]}]}`, []string{"/body/milestones/strategies/parameters must be a string, not number"}},
		"milestones": {`{"name":"x","milestones":[{"name":"","sortOrder":0},{"name":"m"},{"name":"n","sortOrder":0,"strategies":[{"sortOrder":0},{"name":"a","strategyName":"b"}]}]}`, []string{
			"/body/milestones/0/name must not be empty", "/body/milestones/1/sortOrder is required",
			"/body/milestones/2/strategies/0/name is required", "/body/milestones/2/strategies/1/strategyName must be the name: a", "/body/milestones/2/strategies/1/sortOrder is required"}},
		"stored ones": {`{"name":"x","milestones":[
			{"name":"m","sortOrder":2,"strategies":[{"name":"flexibleRollout","sortOrder":2,"parameters":{"rollout":"101"}},{"name":"default","sortOrder":1}]},
			{"name":"m","sortOrder":1,"transitionCondition":{"intervalMinutes":5}}]}`, []string{
			`/body/milestones/0/name "m" is there already`, `/body/milestones/0/strategies/0/parameters/rollout "101" is not a number from 0 to 100`}},
		"segments": {`{"name":"x","milestones":[
			{"name":"m","sortOrder":2,"strategies":[{"name":"default","sortOrder":2},{"name":"default","sortOrder":1,"segments":[7]}]}, {"name":"n","sortOrder":1}]}`, []string{
			`/body/milestones/0/strategies/1/segments/0 segment 7 is unknown`}},
		"intervals": {`{"name":"x","milestones":[
			{"name":"m","sortOrder":2,"transitionCondition":{"intervalMinutes":5}},
			{"name":"n","sortOrder":1,"transitionCondition":{"intervalMinutes":0}}]}`, []string{
			"/body/milestones/1/transitionCondition/intervalMinutes must be from 1 to 52704000",
			"/body/milestones/0/transitionCondition goes with a milestone that another one follows: this is the last"}},
		"variants": {`{"name":"x","milestones":[{"name":"m","sortOrder":2,"strategies":[{"name":"default","sortOrder":2,"variants":[
			{"name":"a","weight":1001,"weightType":"fix","stickiness":"default"},{"name":"b","weightType":"some","stickiness":""}]}]}]}`, []string{
			"/body/milestones/0/strategies/0/variants/0/weight must be from 0 to 1000",
			"/body/milestones/0/strategies/0/variants/1/weight is required", "/body/milestones/0/strategies/0/variants/1/weightType must be variable or fix",
			"/body/milestones/0/strategies/0/variants/1/stickiness is required"}},
		"placeholders": {`{"name":"x","milestones":[{"name":"{{who}}","sortOrder":0}]}`, []string{"/body/milestones/0/name {{who}} is no parameter; write {{!who}} for the braces themselves"}},
	} {
		got := faultsOf(t, w.Do("POST", templates, test.body))
		equal(t, name, test.want, got)
	}
	equal(t, "what was made", []string{}, listed(t, w.Do("GET", templates, nil)))
}

// TestTemplatesAreWrittenAnew: a PUT replaces what it speaks of. What it names by id keeps the id.
func TestTemplatesAreWrittenAnew(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	id := w.template(strings.Replace(body("first", 5, 100), `"sortOrder":0,"strategies"`, `"sortOrder":0,"transitionCondition":{"intervalMinutes":60},"strategies"`, 1))
	at := templates + "/" + id
	before := w.Do("GET", at, nil).Want(http.StatusOK)
	equal(t, "interval", any(60.0), before.Get("milestones.0.transitionCondition.intervalMinutes"))

	w.Do("PUT", at, `{"name":"second","description":"why"}`).Want(http.StatusOK, "")
	after := w.Do("GET", at, nil)
	equal(t, "description", any("why"), after.Get("description"))
	equal(t, "milestones that are not spoken of", before.Get("milestones"), after.Get("milestones"))

	var whole map[string]any
	after.Into(&whole)
	for _, given := range []string{"discriminator", "createdByUserId", "createdAt"} {
		delete(whole, given)
	}
	w.Do("PUT", at, whole).Want(http.StatusOK, "")
	w.Do("GET", at, nil).Want(http.StatusOK, string(after.Body))

	m := after.Get("milestones.1.id").(string)
	w.Do("PUT", at, `{"name":"third","milestones":[{"id":"`+m+`","name":"kept","sortOrder":3},{"id":"mine","name":"new","sortOrder":4}]}`).Want(http.StatusOK, "")
	third := w.Do("GET", at, nil)
	equal(t, "description that is not there", any(nil), third.Get("description"))
	equal(t, "kept id", any(m), third.Get("milestones.0.id"))
	equal(t, "strategies that are not there", any([]any{}), third.Get("milestones.0.strategies"))
	if third.Get("milestones.1.id") == "mine" {
		t.Error("a client made an id")
	}
	fails(t, w.Do("PUT", at, `{"id":"other","name":"x"}`), http.StatusBadRequest, "BadDataError")
	w.Do("PUT", at, `{"name":"fourth","milestones":[{"name":"last","sortOrder":0,"transitionCondition":null}]}`).Want(http.StatusOK, "")
	w.Do("PUT", at, `{"name":"fourth","milestones":[]}`).Want(http.StatusOK, "")
	equal(t, "none", any([]any{}), w.Do("GET", at, nil).Get("milestones"))
}

// TestMilestonesOfTemplates: one at a time.
func TestMilestonesOfTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	id := w.template(body("steps", 5, 100))
	at := templates + "/" + id + "/milestones"
	made := w.Do("POST", at, `{"name":"between","sortOrder":0,"strategies":[{"strategyName":"default","sortOrder":0}]}`).Want(http.StatusOK)
	equal(t, "where it belongs", any(id), made.Get("releasePlanDefinitionId"))
	equal(t, "twin", any("default"), made.Get("strategies.0.name"))
	one := at + "/" + made.Get("id").(string)
	stepNames := func() (all []string) {
		var x struct{ Milestones []struct{ Name string } }
		w.Do("GET", templates+"/"+id, nil).Want(http.StatusOK).Into(&x)
		for _, m := range x.Milestones {
			all = append(all, m.Name)
		}
		return all
	}
	equal(t, "order", []string{"5 %", "between", "100 %"}, stepNames())
	equal(t, "a condition on what is new", []string{"/body/transitionCondition goes with a milestone that another one follows: update it once there is one"},
		faultsOf(t, w.Do("POST", at, `{"name":"x","sortOrder":0,"transitionCondition":{"intervalMinutes":5}}`)))

	changed := w.Do("PUT", one, `{"name":"in between","sortOrder":0,"transitionCondition":{"intervalMinutes":30}}`).Want(http.StatusOK)
	equal(t, "strategies that are not spoken of", made.Get("strategies"), changed.Get("strategies"))
	equal(t, "interval", any(30.0), changed.Get("transitionCondition.intervalMinutes"))
	kept := w.Do("PUT", one, `{"name":"in between","sortOrder":0}`).Want(http.StatusOK)
	equal(t, "interval that is not spoken of", any(30.0), kept.Get("transitionCondition.intervalMinutes"))
	equal(t, "as the last", []string{"/body/transitionCondition goes with a milestone that another one follows: this is the last"},
		faultsOf(t, w.Do("PUT", one, `{"name":"in between","sortOrder":9,"transitionCondition":{"intervalMinutes":30}}`)))
	equal(t, "a name that is there", []string{`/body/name "5 %" is there already`}, faultsOf(t, w.Do("PUT", one, `{"name":"5 %","sortOrder":0}`)))
	none := w.Do("PUT", one, `{"name":"in between","sortOrder":0,"transitionCondition":null}`).Want(http.StatusOK)
	if strings.Contains(string(none.Body), "transitionCondition") {
		t.Errorf("the condition is there still: %s", none.Body)
	}
	w.Do("PUT", one, `{"name":"in between","sortOrder":-4,"releasePlanDefinitionId":"`+id+`"}`).Want(http.StatusOK)
	equal(t, "order", []string{"in between", "5 %", "100 %"}, stepNames())
	equal(t, "of another template", []string{"/body/releasePlanDefinitionId must be that of the template: " + id},
		faultsOf(t, w.Do("PUT", one, `{"name":"x","sortOrder":0,"releasePlanDefinitionId":"other"}`)))
	fails(t, w.Do("PUT", at+"/unknown", `{"name":"x","sortOrder":0}`), http.StatusNotFound, "NotFoundError")
	w.Do("DELETE", one, nil).Want(http.StatusOK, "")
	fails(t, w.Do("DELETE", one, nil), http.StatusNotFound, "NotFoundError")
	equal(t, "order", []string{"5 %", "100 %"}, stepNames())

	// What becomes the last is followed by nothing.
	first, last := at+"/"+w.Do("GET", templates+"/"+id, nil).Get("milestones.0.id").(string), at+"/"+w.Do("GET", templates+"/"+id, nil).Get("milestones.1.id").(string)
	w.Do("PUT", first, `{"name":"5 %","sortOrder":0,"transitionCondition":{"intervalMinutes":30}}`).Want(http.StatusOK)
	w.Do("DELETE", last, nil).Want(http.StatusOK)
	if a := w.Do("GET", templates+"/"+id, nil); strings.Contains(string(a.Body), "transitionCondition") {
		t.Errorf("the condition is there still: %s", a.Body)
	}
}

// TestManyTemplates: a list has all of them.
func TestManyTemplates(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{limit: 2 * penstock.MaxLimit})
	var want []string
	for i := range penstock.MaxLimit + 1 {
		want = append(want, fmt.Sprint(i))
		if _, err := w.templates.Create(t.Context(), template.Template{Name: want[i]}, ann); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
	}
	equal(t, "names", want, listed(t, w.Do("GET", templates, nil)))
}

// TestStrategiesOfMilestones: one at a time, each written anew.
func TestStrategiesOfMilestones(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{})
	id := w.template(body("steps", 5, 100))
	m := w.Do("GET", templates+"/"+id, nil).Get("milestones.0.id").(string)
	at := templates + "/" + id + "/milestones/" + m + "/strategies"
	whole := w.Do("POST", at, `{"name":"userWithId","sortOrder":-1,"title":"us","parameters":{"userIds":"ann"},"disabled":true,
		"constraints":[{"contextName":"appName","operator":"IN","values":["a"]}],"segments":[3]}`).Want(http.StatusOK)
	equal(t, "milestone", any(m), whole.Get("id"))
	equal(t, "title", any("us"), whole.Get("strategies.0.title"))
	equal(t, "disabled", any(true), whole.Get("strategies.0.disabled"))
	one := at + "/" + whole.Get("strategies.0.id").(string)
	w.Do("PUT", one, `{"name":"userWithId","sortOrder":4,"parameters":{"userIds":"bob"}}`).Want(http.StatusOK, `{"id":"`+whole.Get("strategies.0.id").(string)+`","milestoneId":"`+m+`",
		"sortOrder":4,"title":null,"name":"userWithId","strategyName":"userWithId","parameters":{"userIds":"bob"},"constraints":[],"variants":[],"segments":[]}`)
	equal(t, "faults", []string{"/body/parameters/userIds must name something"}, faultsOf(t, w.Do("PUT", one, `{"name":"userWithId","sortOrder":4,"parameters":{"userIds":""}}`)))
	equal(t, "of others", []string{"/body/milestoneId must be that of the path: " + m, "/body/id must be that of the path: " + whole.Get("strategies.0.id").(string)},
		faultsOf(t, w.Do("PUT", one, `{"name":"default","sortOrder":4,"id":"x","milestoneId":"y"}`)))
	fails(t, w.Do("DELETE", templates+"/"+id+"/milestones/unknown/strategies/x", nil), http.StatusNotFound, "NotFoundError")
	fails(t, w.Do("PUT", at+"/unknown", `{"name":"default","sortOrder":4}`), http.StatusNotFound, "NotFoundError")
	fails(t, w.Do("POST", templates+"/"+id+"/milestones/unknown/strategies", `{"name":"default","sortOrder":4}`), http.StatusNotFound, "NotFoundError")
	w.Do("DELETE", one, nil).Want(http.StatusOK, "")
	fails(t, w.Do("DELETE", one, nil), http.StatusNotFound, "NotFoundError")
	if n := len(w.Do("GET", templates+"/"+id, nil).Get("milestones.0.strategies").([]any)); n != 1 {
		t.Errorf("%d strategies are left", n)
	}
}
