package unleash_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

const (
	atShop     = "/api/admin/projects/shop/features"
	atCheckout = atShop + "/checkout"
	inTest     = atCheckout + "/environments/test"
	inProd     = atCheckout + "/environments/production"
)

// failure checks the name of a failure, and the paths of its details.
func failure(t *testing.T, a *check.Answer, status int, name string, paths ...string) {
	t.Helper()
	a.Want(status)
	var body struct {
		Name    string
		Details []struct{ Path string }
	}
	a.Into(&body)
	var got []string
	for _, d := range body.Details {
		got = append(got, d.Path)
	}
	if diff := cmp.Diff(paths, got); body.Name != name || diff != "" {
		t.Errorf("%s, want %s; paths (-want +got):\n%s\n%s", body.Name, name, diff, a.Body)
	}
}

// without returns JSON without what differs from run to run.
func without(a *check.Answer, members ...string) string {
	text := string(a.Body)
	for _, m := range members {
		value, _ := a.Get(m).(string)
		text = strings.ReplaceAll(text, fmt.Sprintf("%q", value), `"…"`)
	}
	return text
}

// A feature is made, shown, changed, archived, brought back and deleted.
func TestFeatureLife(t *testing.T) {
	w := newClientWorld(t)
	const environments = `"environments":[
		{"name":"test","featureName":"checkout","type":"test","sortOrder":0,"enabled":false,"hasStrategies":false,"hasEnabledStrategies":false,"strategies":[],"variants":[],"variantCount":0,"lastSeenAt":null,"releasePlans":[]},
		{"name":"production","featureName":"checkout","type":"production","sortOrder":1,"enabled":false,"hasStrategies":false,"hasEnabledStrategies":false,"strategies":[],"variants":[],"variantCount":0,"lastSeenAt":null,"releasePlans":[]}]`
	body := func(more string) string {
		return `{"name":"checkout","project":"shop","createdAt":"…","createdBy":{"id":7,"name":"Ann","imageUrl":""},"favorite":false,"lastSeenAt":null,"dependencies":[],` + environments + `,` + more + `}`
	}
	a := w.Do("POST", atShop, `{"name":"checkout","description":"the new one"}`)
	a.Want(201)
	if diff := check.Diff(body(`"type":"release","description":"the new one","archived":false,"archivedAt":null,"stale":false,"impressionData":false`), without(a, "createdAt")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if at := a.Header.Get("Location"); at != atCheckout {
		t.Errorf("Location %s", at)
	}
	if diff := cmp.Diff([]string{"Feature.archivedAt may be null", "Feature.description may be null", "Feature.lastSeenAt may be null", "FeatureEnvironment.lastSeenAt may be null"}, w.Mutations(t, a)); diff != "" {
		t.Errorf("the description lets pass (-want +got):\n%s", diff)
	}
	w.Do("GET", atCheckout, nil).Want(200, string(a.Body))
	w.Do("GET", atShop, nil).Want(200, `{"version":2,"features":[`+strings.ReplaceAll(string(a.Body), `,"releasePlans":[]`, "")+`]}`)
	w.Do("GET", "/api/admin/projects/bank/features", nil).Want(200, `{"version":2,"features":[]}`)

	a = w.Do("PUT", atCheckout, `{"type":"experiment","stale":true,"impressionData":true}`).Want(200)
	if diff := check.Diff(body(`"type":"experiment","description":"the new one","archived":false,"archivedAt":null,"stale":true,"impressionData":true`), without(a, "createdAt")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	failure(t, w.Do("DELETE", "/api/admin/archive/checkout", nil), 403, "InvalidOperationError")
	w.Do("DELETE", atCheckout, nil).Want(202, "")
	w.Do("GET", atShop, nil).Want(200, `{"version":2,"features":[]}`)
	if a := w.Do("GET", atCheckout, nil).Want(200); a.Get("archived") != true || a.Get("archivedAt") == nil {
		t.Errorf("%s", a.Body)
	}
	if a := w.Do("GET", "/api/admin/archive/features/shop", nil).Want(200); a.Get("features.0.name") != "checkout" {
		t.Errorf("%s", a.Body)
	}
	failure(t, w.Do("POST", atShop, `{"name":"checkout"}`), 409, "NameExistsError")
	failure(t, w.Do("POST", inTest+"/on", nil), 403, "InvalidOperationError")
	w.Do("POST", "/api/admin/archive/revive/checkout", nil).Want(200, "")
	if a := w.Do("GET", atCheckout, nil).Want(200); a.Get("archived") != false || a.Get("type") != "experiment" {
		t.Errorf("%s", a.Body)
	}
	w.Do("PUT", atCheckout, `{"archived":true}`).Want(200)
	w.Do("DELETE", "/api/admin/archive/checkout", nil).Want(200, "")
	failure(t, w.Do("GET", atCheckout, nil), 404, "NotFoundError")
}

// Whoever is served a feature is told by its strategies, never by accident.
func TestFeatureSwitch(t *testing.T) {
	w := newClientWorld(t)
	w.Do("POST", atShop, `{"name":"checkout"}`).Want(201)
	on := func(environment string, want int) {
		t.Helper()
		e, n := w.evaluator(environment), 0
		for user := range users {
			if e.Enabled("checkout", &rollout.Context{UserID: user}) {
				n++
			}
		}
		if n != want {
			t.Errorf("%d users have it in %s, want %d", n, environment, want)
		}
	}
	add := func(at, body string) string {
		t.Helper()
		return w.Do("POST", at+"/strategies", body).Want(200).Get("id").(string)
	}
	t.Run("on is for everyone, and says so", func(t *testing.T) {
		w.Do("POST", inTest+"/on", nil).Want(200, "")
		a := w.Do("GET", inTest, nil).Want(200)
		if a.Get("enabled") != true || a.Get("strategies.0.name") != "flexibleRollout" || a.Get("strategies.0.parameters.rollout") != "100" {
			t.Errorf("%s", a.Body)
		}
		on("test", 1000)
		on("production", 0)
		w.Do("POST", inTest+"/on", nil).Want(200, "")
		if a := w.Do("GET", inTest+"/strategies", nil).Want(200); strings.Count(string(a.Body), `"id"`) != 1 {
			t.Errorf("it has more strategies now: %s", a.Body)
		}
		w.Do("POST", inTest+"/off", nil).Want(200, "")
		on("test", 0)
	})
	t.Run("the last strategy that goes turns it off", func(t *testing.T) {
		id := add(inProd, `{"name":"userWithId","parameters":{"userIds":"user-1"}}`)
		w.Do("POST", inProd+"/on", nil).Want(200)
		on("production", 1)
		w.Do("DELETE", inProd+"/strategies/"+id, nil).Want(200, "")
		on("production", 0)
		if a := w.Do("GET", inProd, nil); a.Get("enabled") != false {
			t.Errorf("%s", a.Body)
		}
	})
	t.Run("and so does one that is disabled", func(t *testing.T) {
		id := add(inProd, `{"name":"default"}`)
		w.Do("POST", inProd+"/on", nil).Want(200)
		on("production", 1000)
		w.Do("PUT", inProd+"/strategies/"+id, `{"disabled":true}`).Want(200)
		if a := w.Do("GET", inProd, nil); a.Get("enabled") != false || a.Get("hasStrategies") != true || a.Get("hasEnabledStrategies") != false {
			t.Errorf("%s", a.Body)
		}
		w.Do("DELETE", inProd+"/strategies/"+id, nil).Want(200)
	})
	t.Run("while a plan waits, it is on for nobody", func(t *testing.T) {
		w.feature("search", "shop")
		const at = atShop + "/search/environments/production"
		w.Do("POST", at+"/off", nil).Want(200)
		plan := w.plan("search", "5", "100")
		w.do(plan, releaseplan.Finalize)
		for range 2 {
			w.Do("POST", at+"/on", nil).Want(200)
		}
		a := w.Do("GET", at, nil)
		if a.Get("enabled") != true || a.Get("strategies.0.disabled") != true || len(a.Get("strategies").([]any)) != 1 || a.Get("releasePlans.0.id") != plan {
			t.Errorf("%s", a.Body)
		}
		got := func() int {
			n := 0
			for user := range users {
				if w.evaluator("production").Enabled("search", &rollout.Context{UserID: user}) {
					n++
				}
			}
			return n
		}
		if n := got(); n != 0 {
			t.Errorf("%d users have it before the plan begins", n)
		}
		w.do(plan, releaseplan.Execute)
		if n := got(); n < 30 || n > 70 {
			t.Errorf("%d users have it at 5 %%", n)
		}
	})
	t.Run("where a plan serves it, it is as the plan says", func(t *testing.T) {
		plan := w.plan("checkout", "5", "50")
		w.do(plan, releaseplan.Execute)
		w.Do("POST", inProd+"/on", nil).Want(200)
		w.Do("GET", inProd+"/strategies", nil).Want(200, "[]")
		on("production", 57)
		id := add(inProd, `{"name":"default"}`)
		on("production", 1000)
		w.Do("DELETE", inProd+"/strategies/"+id, nil).Want(200)
		on("production", 57)
		w.do(plan, releaseplan.StopRollout)
		on("production", 0)
		w.Do("POST", inProd+"/off", nil).Want(200)
		w.Do("POST", inProd+"/on", nil).Want(200)
		on("production", 0) // who stopped it did not want everyone to have it
		w.do(plan, releaseplan.Cancel)
		w.Do("POST", inProd+"/on", nil).Want(200)
		w.Do("GET", inProd+"/strategies", nil).Want(200, "[]")
		on("production", 0)
	})
}

// Strategies are added, shown, replaced and removed, in their order.
func TestFeatureStrategies(t *testing.T) {
	w := newClientWorld(t)
	beta := w.segment("beta", "bob")
	w.Do("POST", atShop, `{"name":"checkout"}`).Want(201)
	const at = inProd + "/strategies"
	a := w.Do("POST", at, fmt.Sprintf(`{"name":"flexibleRollout","title":"A quarter","parameters":{"rollout":25},"segments":[%d],
		"constraints":[{"contextName":"appName","operator":"IN","values":["a"],"inverted":true}],
		"variants":[{"name":"blue","weight":0,"weightType":"variable","stickiness":"default","payload":{"type":"string","value":"x"}}]}`, beta)).Want(200)
	first := a.Get("id").(string)
	if diff := check.Diff(`{"id":"…","featureName":"checkout","name":"flexibleRollout","title":"A quarter","disabled":false,"sortOrder":0,
		"parameters":{"rollout":"25","groupId":"checkout","stickiness":"default"},"segments":[1],
		"constraints":[{"contextName":"appName","operator":"IN","values":["a"],"inverted":true,"caseInsensitive":false}],
		"variants":[{"name":"blue","weight":1000,"weightType":"variable","stickiness":"default","payload":{"type":"string","value":"x"}}]}`, without(a, "id")); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	w.Do("GET", at+"/"+first, nil).Want(200, string(a.Body))
	second := w.Do("POST", at, `{"name":"default"}`).Want(200)
	if second.Get("sortOrder") != 1.0 {
		t.Errorf("%s", second.Body)
	}
	w.Do("POST", at, `{"name":"default","title":"third","sortOrder":0.5}`).Want(200)
	order := func(want ...any) {
		t.Helper()
		var all []struct{ SortOrder any }
		w.Do("GET", at, nil).Want(200).Into(&all)
		var got []any
		for _, s := range all {
			got = append(got, s.SortOrder)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
	order(0.0, 0.5, 1.0)
	t.Run("what is left out of a replacement is gone, but for the name, the title and the order", func(t *testing.T) {
		a := w.Do("PUT", at+"/"+first, `{"parameters":{"rollout":"30"}}`).Want(200)
		if diff := check.Diff(`{"id":"…","featureName":"checkout","name":"flexibleRollout","title":"A quarter","disabled":false,"sortOrder":0,
			"parameters":{"rollout":"30","groupId":"checkout","stickiness":"default"},"segments":[],"constraints":[],"variants":[]}`, without(a, "id")); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		w.Do("PUT", at+"/"+first, `{"sortOrder":7}`).Want(200)
		order(0.5, 1.0, 7.0)
	})
	t.Run("faults are told by where they are in the body, and change nothing", func(t *testing.T) {
		before := string(w.Do("GET", at, nil).Body)
		for _, row := range []struct {
			method, path, body string
			paths              []string
		}{
			{"POST", at, `{}`, []string{"/body/name"}},
			{"POST", at, `{"name":"unheard-of"}`, []string{"/body/name"}},
			{"POST", at, `{"name":"default","segments":[99]}`, []string{"/body/segments/0"}},
			{"PUT", at + "/" + first, `{"parameters":{"rollout":"101"}}`, []string{"/body/parameters/rollout"}},
			{"POST", at, `{"name":"default","constraints":[{"contextName":"a","operator":"NUM_EQ","value":"x"},{"contextName":"a","operator":"LIKE","value":"x"}]}`, []string{"/body/constraints/0/value", "/body/constraints/1/operator"}},
			{"POST", at, `{"name":"default","variants":[{"name":"a","weightType":"odd"}]}`, []string{"/body/variants/0/weight", "/body/variants/0/weightType", "/body/variants/0/stickiness"}},
			{"PUT", at + "/" + first, `{"id":"other"}`, []string{"/body/id"}},
			{"POST", at, `{"name":"default","extra":1}`, []string{"/body/extra"}},
			{"POST", at, `{"name":1}`, []string{"/body/name"}},
		} {
			failure(t, w.Do(row.method, row.path, row.body), 400, "BadDataError", row.paths...)
		}
		w.Do("GET", at, nil).Want(200, before)
	})
	t.Run("a name that is no strategy's", func(t *testing.T) {
		for _, method := range []string{"GET", "DELETE"} {
			failure(t, w.Do(method, at+"/none", nil), 404, "NotFoundError")
		}
		failure(t, w.Do("PUT", at+"/none", `{"name":"default"}`), 404, "NotFoundError")
	})
	t.Run("more than there may be", func(t *testing.T) {
		for range rollout.MaxStrategies - 3 {
			w.Do("POST", at, `{"name":"default"}`).Want(200)
		}
		w.Do("POST", at, `{"name":"default"}`).Want(400)
	})
}

// What the path says of a feature must be so, for whatever is asked.
func TestFeatureElsewhere(t *testing.T) {
	w := newClientWorld(t)
	w.feature("checkout", "shop", rollout.Strategy{ID: "one", Name: rollout.Everyone})
	before := string(w.Do("GET", atCheckout, nil).Want(200).Body)
	const strategy = `{"name":"default"}`
	for _, at := range []string{"/api/admin/projects/bank/features/checkout", "/api/admin/projects/default/features/checkout", atShop + "/unknown"} {
		in := at + "/environments/production"
		for _, row := range [][3]string{
			{"GET", at}, {"PUT", at, `{"stale":true}`}, {"DELETE", at}, {"GET", in}, {"POST", in + "/on"}, {"POST", in + "/off"}, {"GET", in + "/strategies"},
			{"POST", in + "/strategies", strategy}, {"GET", in + "/strategies/one"}, {"PUT", in + "/strategies/one", strategy}, {"DELETE", in + "/strategies/one"},
		} {
			var body any
			if row[2] != "" {
				body = row[2]
			}
			failure(t, w.Do(row[0], row[1], body), 404, "NotFoundError")
		}
	}
	moon := atCheckout + "/environments/moon"
	for _, row := range [][3]string{{"GET", moon}, {"POST", moon + "/on"}, {"POST", moon + "/off"}, {"GET", moon + "/strategies"}, {"POST", moon + "/strategies", strategy}} {
		var body any
		if row[2] != "" {
			body = row[2]
		}
		failure(t, w.Do(row[0], row[1], body), 404, "NotFoundError")
	}
	w.Do("GET", atCheckout, nil).Want(200, before)
	t.Run("what has no project is of the default one", func(t *testing.T) {
		w.feature("search", "")
		w.Do("POST", "/api/admin/projects/default/features", `{"name":"cart"}`).Want(201)
		if diff := cmp.Diff([]string{"cart", "search"}, names(w.Do("GET", "/api/admin/projects/default/features", nil))); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		if a := w.Do("GET", "/api/admin/projects/default/features/search", nil).Want(200); a.Get("project") != "default" {
			t.Errorf("%s", a.Body)
		}
		w.Do("POST", "/api/admin/projects/default/features/search/environments/test/on", nil).Want(200)
	})
	t.Run("projects", func(t *testing.T) {
		w.Do("GET", "/api/admin/projects", nil).Want(200, `{"version":1,"projects":[{"id":"default","name":"default","featureCount":2},{"id":"shop","name":"shop","featureCount":1}]}`)
	})
}

// Rights are asked on what is stored.
func TestFeatureRights(t *testing.T) {
	w := newClientWorld(t)
	w.feature("checkout", "shop", rollout.Strategy{ID: "one", Name: rollout.Everyone})
	before := string(w.Do("GET", atCheckout, nil).Want(200).Body)
	for right, rows := range map[penstock.Right][][3]string{
		penstock.Read: {{"GET", atCheckout}, {"GET", inProd}, {"GET", inProd + "/strategies"}},
		penstock.Edit: {{"PUT", atCheckout, `{"stale":true}`}, {"POST", inProd + "/off"}, {"POST", inTest + "/on"}, {"POST", inProd + "/strategies", `{"name":"default"}`},
			{"PUT", inProd + "/strategies/one", `{"name":"default"}`}, {"DELETE", inProd + "/strategies/one"}},
		penstock.Delete: {{"DELETE", atCheckout}},
	} {
		w.denied["feature checkout"] = right
		for _, row := range rows {
			var body any
			if row[2] != "" {
				body = row[2]
			}
			failure(t, w.Do(row[0], row[1], body, "Authorization", "mallory"), 403, "PermissionError")
			failure(t, w.Do(row[0], row[1], body, "Authorization", ""), 401, "AuthenticationRequired")
			failure(t, w.Do(row[0], row[1], body, "Authorization", "forged"), 401, "UnauthorizedError")
		}
	}
	w.denied["feature checkout"] = penstock.Read
	w.Do("GET", atShop, nil, "Authorization", "mallory").Want(200, `{"version":2,"features":[]}`)
	w.Do("GET", atCheckout, nil).Want(200, before)
}

// Bodies that cannot be are refused.
func TestFeatureBodies(t *testing.T) {
	w := newClientWorld(t)
	w.feature("checkout", "shop")
	failure(t, w.Do("POST", atShop, `{}`), 400, "BadDataError", "/body/name")
	failure(t, w.Do("POST", atShop, `{"name":"a b"}`), 400, "BadDataError", "/body/name")
	failure(t, w.Do("POST", atShop, `{"name":"a","environments":{}}`), 400, "BadDataError", "/body/environments")
	failure(t, w.Do("PUT", atCheckout, `{"name":"other"}`), 400, "BadDataError", "/body/name")
	failure(t, w.Do("POST", atShop, `{"name":"a","name":"b"}`), 400, "BadDataError", "")
	failure(t, w.Do("POST", atShop, `[]`), 400, "BadDataError", "")
	failure(t, w.Do("POST", atShop, `a=b`, "Content-Type", "text/plain"), 415, "ContentTypeError")
	failure(t, w.Do("POST", atShop, `{"name":"`+strings.Repeat("x", 600_000)+`"}`), 413, "PayloadTooLargeError")
}

// What plans and features refer to stays.
func TestFeatureInUse(t *testing.T) {
	w := newClientWorld(t)
	w.feature("checkout", "shop")
	w.flag(rollout.Flag{Name: "receipt", Project: "shop", Dependencies: []rollout.Dependency{{Feature: "checkout"}}})
	failure(t, w.Do("DELETE", atCheckout, nil), 409, "ConflictError")
	w.feature("search", "shop")
	w.plan("search", "5")
	a := w.Do("DELETE", atShop+"/search", nil)
	failure(t, a, 409, "ConflictError")
	if !strings.Contains(string(a.Body), "plan") {
		t.Errorf("it does not say by what: %s", a.Body)
	}
}
