package unleash_test

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/unleash"
)

const newSpec = "4.3.1"

// names returns the names of the features of an answer.
func names(a *check.Answer) []string {
	var v struct {
		Features []struct{ Name string }
	}
	a.Into(&v)
	all := []string{}
	for _, f := range v.Features {
		all = append(all, f.Name)
	}
	return all
}

// The body is as SDKs read it, member by member.
func TestClientFeatures(t *testing.T) {
	w := newClientWorld(t)
	beta := w.segment("beta testers", "bob")
	w.segment("of nobody", "eve")
	w.feature("checkout", "shop",
		rollout.Strategy{Name: rollout.FlexibleRollout, Title: "beta", Segments: []int{beta}, Parameters: map[string]string{"rollout": "25"},
			Constraints: []rollout.Constraint{{ContextName: "appName", Operator: rollout.In, Values: []string{"1", "2"}}},
			Variants:    []rollout.Variant{{Name: "blue", WeightType: rollout.WeightVariable, Payload: &rollout.Payload{Type: "json", Value: `{"<a>":1}`}}}},
		rollout.Strategy{Name: rollout.Everyone, Disabled: true})
	w.feature("search", "")
	w.flag(rollout.Flag{Name: "off", Project: "shop", Description: "not here", Dependencies: []rollout.Dependency{{Feature: "checkout"}},
		Environments: map[string]rollout.Setting{"test": {Enabled: true}}})

	const strategy = `{"name":"flexibleRollout","parameters":{"groupId":"checkout","rollout":"25","stickiness":"default"},"constraints":[
			{"contextName":"appName","operator":"IN","values":["1","2"],"inverted":false,"caseInsensitive":false}SEGMENT],
			"variants":[{"name":"blue","weight":1000,"weightType":"variable","stickiness":"default","payload":{"type":"json","value":"{\"<a>\":1}"}}]}`
	const features = `[
		{"name":"checkout","type":"release","project":"shop","enabled":true,"stale":false,"impressionData":false,"variants":[],"strategies":[STRATEGY]},
		{"name":"off","type":"release","description":"not here","project":"shop","enabled":false,"stale":false,"impressionData":false,"variants":[],"strategies":[],"dependencies":[{"feature":"checkout","enabled":true}]}
	]`
	const users = `{"contextName":"userId","operator":"IN","values":["bob"],"inverted":false,"caseInsensitive":false}`
	body := func(inline bool) string {
		s, rest := strings.Replace(strategy, "SEGMENT", "", 1), `,"segments":[{"id":1,"name":"beta testers","constraints":[`+users+`]}],"query":{"environment":"production","project":["shop"],"inlineSegmentConstraints":false}}`
		s = strings.Replace(s, `"variants"`, `"segments":[1],"variants"`, 1)
		if inline {
			s, rest = strings.Replace(strategy, "SEGMENT", ","+users, 1), `,"query":{"environment":"production","project":["shop"],"inlineSegmentConstraints":true}}`
		}
		return `{"version":2,"features":` + strings.Replace(features, "STRATEGY", s, 1) + rest
	}
	t.Run("an SDK that knows segments", func(t *testing.T) {
		w.Do("GET", "/api/client/features", nil, "Authorization", "shop", "Unleash-Client-Spec", newSpec).Want(200, body(false))
	})
	for _, spec := range []string{"", "4.1.0", "3", "4", "latest", "-5.9.0"} {
		t.Run("one that does not: "+spec, func(t *testing.T) {
			w.Do("GET", "/api/client/features", nil, "Authorization", "shop", "Unleash-Client-Spec", spec).Want(200, body(true))
		})
	}
	for _, spec := range []string{"4.2.0", "4.10", "5.0.0", "10.1.2"} {
		if a := w.Do("GET", "/api/client/features", nil, "Authorization", "shop", "Unleash-Client-Spec", spec); a.Get("query.inlineSegmentConstraints") != false {
			t.Errorf("%s does not know segments: %s", spec, a.Body)
		}
	}
	t.Run("one feature", func(t *testing.T) {
		one := strings.Replace(strategy, "SEGMENT", ","+users, 1)
		w.Do("GET", "/api/client/features/checkout", nil, "Authorization", "shop").Want(200,
			`{"name":"checkout","type":"release","project":"shop","enabled":true,"stale":false,"impressionData":false,"variants":[],"strategies":[`+one+`]}`)
	})
	t.Run("what the description lets pass", func(t *testing.T) {
		got := w.Mutations(t, w.Do("GET", "/api/client/features", nil, "Authorization", "shop", "Unleash-Client-Spec", newSpec),
			w.Do("GET", "/api/client/features/checkout", nil, "Authorization", "shop"), w.Do("GET", "/api/client/features", nil, "Authorization", "none"))
		want := []string{"ClientFeature.dependencies may be missing", "ClientFeature.description may be missing", "ClientFeatures.segments may be missing",
			"ClientQuery.project may be missing", "ClientStrategy.segments may be missing", "Variant.payload may be missing"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// A client is given the features of its environment and its projects, and of those what it asks for.
func TestClientScope(t *testing.T) {
	w := newClientWorld(t)
	w.feature("checkout", "shop")
	w.feature("cart", "shop")
	w.feature("transfer", "bank")
	w.feature("search", "")
	w.revoke("nobody")
	w.tokens["default"] = unleash.Client{Environment: "production", Projects: []string{""}}
	w.tokens["two"] = unleash.Client{Environment: "production", Projects: []string{"shop", "bank", "shop"}}
	for _, row := range []struct {
		rule, token, query string
		want               []string
	}{
		{"all projects", "all", "", []string{"cart", "checkout", "search", "transfer"}},
		{"its project", "shop", "", []string{"cart", "checkout"}},
		{"two projects", "two", "", []string{"cart", "checkout", "transfer"}},
		{"no project", "nothing", "", []string{}},
		{"no project, asking for one", "nothing", "?project=shop", []string{}},
		{"one of all", "all", "?project=bank", []string{"transfer"}},
		{"one of its own", "two", "?project=bank", []string{"transfer"}},
		{"one of others", "shop", "?project=bank", []string{}},
		{"what has no project is of the default one", "all", "?project=default", []string{"search"}},
		{"the default project", "default", "", []string{"search"}},
		{"a beginning", "all", "?namePrefix=c", []string{"cart", "checkout"}},
		{"a beginning that nothing has", "all", "?namePrefix=x", []string{}},
		{"a beginning, of others", "shop", "?namePrefix=t", []string{}},
		{"what it does not know is passed over", "shop", "?tag=simple:a&x=1", []string{"cart", "checkout"}},
	} {
		t.Run(row.rule, func(t *testing.T) {
			got := names(w.Do("GET", "/api/client/features"+row.query, nil, "Authorization", row.token).Want(200))
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("another environment", func(t *testing.T) {
		if a := w.Do("GET", "/api/client/features", nil, "Authorization", "test"); a.Get("features.0.enabled") != false {
			t.Errorf("%s", a.Body)
		}
	})
	t.Run("a segment of others is not told", func(t *testing.T) {
		id := w.segment("of the bank", "eve")
		w.feature("loan", "bank", rollout.Strategy{Name: rollout.Everyone, Segments: []int{id}})
		if a := w.Do("GET", "/api/client/features", nil, "Authorization", "shop", "Unleash-Client-Spec", newSpec); strings.Contains(string(a.Body), "eve") {
			t.Errorf("%s", a.Body)
		}
	})
	w.Do("GET", "/api/client/features/transfer", nil, "Authorization", "shop").Want(404)
	w.Do("GET", "/api/client/features/transfer", nil, "Authorization", "two").Want(200)
	w.Do("GET", "/api/client/features/unknown", nil, "Authorization", "two").Want(404)
	w.Do("GET", "/api/client/features", nil, "Authorization", "lost").Want(404)
	w.Do("GET", "/api/client/delta", nil, "Authorization", "shop").Want(404)
	w.Do("GET", "/api/client/features?project=a&project=b", nil, "Authorization", "two").Want(400)
}

// Only who has a token that counts is told anything.
func TestClientUnknown(t *testing.T) {
	w := newClientWorld(t)
	w.feature("checkout", "shop")
	w.Do("GET", "/api/client/features", nil, "Authorization", "Bearer shop").Want(200)
	w.revoke("shop")
	const body = `{"message":"You must send a valid client token in the authorization header."}`
	for _, token := range []string{"", "shop", "ann", "*:production.forged"} {
		for _, path := range []string{"/api/client/features", "/api/client/features/checkout"} {
			w.Do("GET", path, nil, "Authorization", token, "If-None-Match", "*").Want(401, body)
		}
		for _, path := range []string{"/api/client/register", "/api/client/metrics", "/api/client/metrics/bulk"} {
			w.Do("POST", path, `{`, "Authorization", token).Want(401, body)
		}
	}
	if len(w.told) > 0 {
		t.Errorf("the host was told %v", <-w.told)
	}
	t.Run("a server without clients", func(t *testing.T) {
		cfg := w.cfg
		cfg.Client = nil
		check.Serve(t, unleash.Handler(cfg), unleash.OpenAPI(), "all").Do("GET", "/api/client/feature", nil).Want(404)
	})
}

// A body that the SDK has is not sent again, and one that it does not have always is.
func TestClientETag(t *testing.T) {
	w := newClientWorld(t)
	w.feature("checkout", "shop")
	w.feature("transfer", "bank")
	plan := w.plan("checkout", "5", "50")
	w.do(plan, releaseplan.Execute)
	get := func(tag string) *check.Answer {
		return w.Do("GET", "/api/client/features", nil, "Authorization", "shop", "Unleash-Client-Spec", newSpec, "If-None-Match", tag)
	}
	first := get("").Want(200)
	tag := first.Header.Get("ETag")
	if len(tag) < 10 || tag[0] != '"' {
		t.Fatalf("ETag %s", tag)
	}
	for _, has := range []string{tag, "W/" + tag, `"other", ` + tag, "*"} {
		a := get(has).Want(304)
		if len(a.Body) > 0 || a.Header.Get("ETag") != tag || a.Header.Get("Cache-Control") != "private, no-cache" {
			t.Errorf("%s: %q %v", has, a.Body, a.Header)
		}
	}
	for _, has := range []string{`"other"`, strings.Trim(tag, `"`), "W/"} {
		get(has).Want(200, string(first.Body))
	}
	t.Run("head", func(t *testing.T) {
		a := w.Do("HEAD", "/api/client/features", nil, "Authorization", "shop", "Unleash-Client-Spec", newSpec).Want(200)
		if len(a.Body) > 0 || a.Header.Get("ETag") != tag || a.Header.Get("Content-Length") == "" {
			t.Errorf("%q %v", a.Body, a.Header)
		}
		w.Do("HEAD", "/api/client/features", nil, "Authorization", "shop", "Unleash-Client-Spec", newSpec, "If-None-Match", tag).Want(304)
	})
	t.Run("another token has another body", func(t *testing.T) {
		w.Do("GET", "/api/client/features", nil, "Authorization", "all", "Unleash-Client-Spec", newSpec, "If-None-Match", tag).Want(200)
		w.Do("GET", "/api/client/features", nil, "Authorization", "shop", "If-None-Match", tag).Want(200)
	})
	t.Run("a change elsewhere is none here", func(t *testing.T) {
		w.feature("loan", "bank")
		get(tag).Want(304)
	})
	t.Run("another handler over the same store has the same", func(t *testing.T) {
		check.Serve(t, unleash.Handler(w.cfg), unleash.OpenAPI(), "shop").Do("GET", "/api/client/features", nil, "Unleash-Client-Spec", newSpec, "If-None-Match", tag).Want(304)
	})
	t.Run("a step of a plan", func(t *testing.T) {
		w.do(plan, releaseplan.CompleteMilestone)
		a := get(tag).Want(200)
		if got := a.Get("features.0.strategies.0.parameters.rollout"); got != "50" {
			t.Errorf("%v: %s", got, a.Body)
		}
		tag = a.Header.Get("ETag")
		get(tag).Want(304)
	})
	t.Run("a stop leaves nobody", func(t *testing.T) {
		w.do(plan, releaseplan.StopRollout)
		if a := get(tag).Want(200); a.Get("features.0.enabled") != false {
			t.Errorf("%s", a.Body)
		}
	})
}

// However many SDKs poll, a change is read once; and nobody is told what was before it asked.
func TestClientCrowd(t *testing.T) {
	w := newClientWorld(t)
	w.feature("checkout", "shop")
	poll := func(want int) {
		t.Helper()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.URL+"/api/client/features", nil)
				if err != nil {
					t.Error(err)
					return
				}
				r.Header.Set("Authorization", "shop")
				a, err := w.Client.Do(r)
				if err != nil {
					t.Error(err)
					return
				}
				defer func() { _ = a.Body.Close() }()
				text, err := io.ReadAll(a.Body)
				if err != nil || a.StatusCode != want || strings.Contains(string(text), "checkout") != (want == 200) || strings.Contains(string(text), "fire") {
					t.Errorf("status %d, want %d: %s %v", a.StatusCode, want, text, err)
				}
			})
		}
		all.Wait()
	}
	w.store.read()
	poll(200)
	if n := w.store.read(); n != 1 {
		t.Errorf("features were read %d times", n)
	}
	poll(200)
	if n := w.store.read(); n != 0 {
		t.Errorf("features that did not change were read %d times", n)
	}
	t.Run("a store that fails", func(t *testing.T) {
		w.store.fail(errors.New("the disk is on fire"))
		poll(500)
		w.store.fail(nil)
		poll(200)
	})
}
