package unleash_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
)

// TestHostileBodies: what is not the JSON that an operation reads is refused, and nothing changes.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	w, fill := tableWorld(t)
	before := w.everything()
	bodies := map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "a number": "1", "a text": `"x"`, "half": `{"name":"x"`, "garbage behind": `{"name":"x"} x`, "two": `{"name":"x"}{"name":"y"}`,
		"a member twice": `{"name":"x","name":"y"}`, "a member twice, inside": `{"name":"x","milestones":[{"name":"m","sortOrder":0,"sortOrder":1}]}`,
		"no UTF-8": "{\"name\":\"\xff\"}", "deep": `{"name":"x","milestones":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + "}",
		"a NUL": `{"name":"a\u0000b"}`, "half a surrogate": `{"name":"\ud800"}`, "a number too large": `{"name":"x","milestones":[{"name":"m","sortOrder":1e400}]}`,
		"a name too long": `{"name":"` + strings.Repeat("x", 300) + `"}`, "XML": "<name>x</name>",
	}
	for _, r := range table {
		if r.body == "" {
			continue
		}
		for name, body := range bodies {
			a := w.Do(r.method, fill(r.path), body)
			if a.Status >= 500 && a.Status != http.StatusNotImplemented || a.Status < 400 {
				t.Errorf("%s with %s: %d\n%s", r.operation, name, a.Status, a.Body)
			}
			if len(a.Body) > 2_000 {
				t.Errorf("%s with %s: %d bytes of answer", r.operation, name, len(a.Body))
			}
		}
	}
	if after := w.everything(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
}

// TestHostilePaths: tricks with paths lead nowhere.
func TestHostilePaths(t *testing.T) {
	t.Parallel()
	w, fill := tableWorld(t)
	before := w.everything()
	for _, path := range []string{"/{t}/", "//{t}", "/./{t}", "/../release-plan-templates/{t}", "/{t}%2f..", "/..%2f{t}", "/{t}%00", "/archive/archive/{t}", "/" + strings.Repeat("a", 4000), "/%ff", "/{t}/milestones/{m}/../{m}"} {
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			if a := w.Do(method, at+fill(path), nil); a.Status != http.StatusNotFound && a.Status != http.StatusMethodNotAllowed && a.Status != http.StatusBadRequest {
				t.Errorf("%s %s: %d\n%s", method, path, a.Status, a.Body)
			}
		}
	}
	for _, method := range []string{"PATCH", "TRACE", "POST"} {
		if a := w.Do(method, at+fill("/{t}"), nil).Want(http.StatusMethodNotAllowed); a.Header.Get("Allow") != "DELETE, GET, HEAD, OPTIONS, PUT" {
			t.Errorf("%s: allowed are %s", method, a.Header.Get("Allow"))
		}
	}
	if a := w.Do("GET", at+fill("/archive/{t}"), nil).Want(http.StatusMethodNotAllowed); a.Header.Get("Allow") != "OPTIONS, POST" {
		t.Errorf("allowed are %s", a.Header.Get("Allow"))
	}
	w.Do("HEAD", at, nil).Want(http.StatusOK, "")
	if after := w.everything(); after != before {
		t.Errorf("something changed:\n%s\n%s", before, after)
	}
}

// TestRights are asked about what is stored: what may not be read is not shown in lists, and a project
// that a request names gives no right.
func TestRights(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{permit: anyone, authorizer: func(_ context.Context, by penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if by.ID == bob.ID && (on.Name == "secret" || on.Project == "bank" || right != penstock.Read && on.Name == "open") {
			return &penstock.ForbiddenError{Right: right, On: on}
		}
		return nil
	}})
	w.feature("checkout", "shop", "production")
	w.feature("pay", "bank", "production")
	secret, open, free := w.template(body("secret", 5)), w.template(body("open", 5)), w.template(body("free", 5))
	theirs := w.Do("POST", "/api/admin/projects/bank/release-templates", body("theirs", 5)).Want(http.StatusOK).Get("id").(string)
	asBob := func(method, path string, body any) int {
		t.Helper()
		return w.Do(method, path, body, "Authorization", bobsToken).Status
	}
	equal(t, "listed", []string{"open", "free"}, listed(t, w.Do("GET", at, nil, "Authorization", bobsToken)))
	equal(t, "listed", []string{}, listed(t, w.Do("GET", "/api/admin/projects/bank/release-templates", nil, "Authorization", bobsToken)))
	for _, x := range []struct {
		method, path string
		body         any
		want         int
	}{
		{"GET", at + "/" + secret, nil, 403}, {"GET", at + "/" + open, nil, 200}, {"PUT", at + "/" + open, body("mine", 5), 403}, {"DELETE", at + "/" + open, nil, 403},
		{"POST", at + "/archive/" + open, nil, 403}, {"PUT", at + "/" + theirs, body("mine", 5), 403}, {"PUT", ofProject + "/" + theirs, body("mine", 5), 403},
		{"POST", "/api/admin/projects/bank/release-templates", body("mine", 5), 403},
		{"POST", plansOf("bank", "pay", "production"), map[string]string{"templateId": open}, 403}, {"GET", plansOf("bank", "pay", "production"), nil, 403},
		{"GET", plansOf("shop", "pay", "production"), nil, 403},
		{"POST", plansOf("shop", "checkout", "production"), map[string]string{"templateId": secret}, 403},
		{"POST", plansOf("shop", "checkout", "production"), map[string]string{"templateId": theirs}, 403},
	} {
		if got := asBob(x.method, x.path, x.body); got != x.want {
			t.Errorf("%s %s: %d, want %d", x.method, x.path, got, x.want)
		}
	}

	// A plan that may not be read is not there, but its place is taken.
	w.Do("POST", plansOf("shop", "checkout", "production"), map[string]string{"templateId": secret}).Want(http.StatusOK)
	equal(t, "plans", []string{}, listed(t, w.Do("GET", plansOf("shop", "checkout", "production"), nil, "Authorization", bobsToken)))
	a := w.Do("POST", plansOf("shop", "checkout", "production"), map[string]string{"templateId": free}, "Authorization", bobsToken)
	if a.Status != http.StatusConflict || strings.Contains(string(a.Body), "secret") {
		t.Errorf("%d\n%s", a.Status, a.Body)
	}
}
