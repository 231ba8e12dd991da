package unleash_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/unleash"
)

// A failing is a request that fails.
type failing struct {
	status int
	kind   string // none: as SDKs are told
	path   string // if it is another one
	body   string // if it is another one
	token  string // if it is another one; "-": none
	late   bool   // once the operation has succeeded
}

func (f failing) at(path string) failing   { f.path = path; return f }
func (f failing) with(body string) failing { f.body = body; return f }
func (f failing) by(token string) failing  { f.token = token; return f }
func (f failing) after() failing           { f.late = true; return f }

var (
	denied   = failing{status: http.StatusForbidden, kind: "PermissionError", token: bobsToken}
	refused  = failing{status: http.StatusForbidden, kind: "InvalidOperationError"}
	notFound = failing{status: http.StatusNotFound, kind: "NotFoundError"}
	badData  = failing{status: http.StatusBadRequest, kind: "BadDataError"}
	noJSON   = badData.with("{")
	exists   = failing{status: http.StatusConflict, kind: "NameExistsError"}
	conflict = failing{status: http.StatusConflict, kind: "ConflictError"}
)

// all returns the errors that an operation has like all others, and those of its own.
func (r row) all() []failing {
	all := []failing{
		{status: http.StatusUnauthorized, kind: "AuthenticationRequired", token: "-"},
		{status: http.StatusUnauthorized, kind: "UnauthorizedError", token: "*.*.forged"},
	}
	if strings.HasPrefix(r.path, "/api/client/") {
		all[0].kind, all[1].kind = "", ""
	}
	if r.body != "" && r.status < http.StatusBadRequest {
		all = append(all, noJSON, failing{status: http.StatusUnsupportedMediaType, kind: "ContentTypeError"},
			failing{status: http.StatusRequestEntityTooLarge, kind: "PayloadTooLargeError", body: `{"name":"` + strings.Repeat("x", 600_000) + `"}`})
	}
	return append(all, r.fails...)
}

// A bench is a server that rows are tried on.
type bench struct {
	*check.Server
	t      testing.TB
	token  string              // of somebody who may do everything
	fill   func(string) string // replaces what stands in braces
	stored func() string       // what no failure may change
}

// try lets an operation fail in all its ways, with that status and that kind of error, and succeed
// once. No failure changes anything.
func (b *bench) try(r row) (answers []*check.Answer) {
	b.t.Helper()
	fail := func(late bool) {
		for _, f := range r.all() {
			if f.late != late {
				continue
			}
			before := b.stored()
			answers = append(answers, b.fail(r, f))
			if after := b.stored(); before != after {
				b.t.Errorf("%s that fails with %d changed something:\n%s", r.operation, f.status, cmp.Diff(before, after))
			}
		}
	}
	fail(false)
	before := b.stored()
	answers = append(answers, b.Do(r.method, b.fill(r.path), bodyOf(b.fill(r.body)), "Authorization", b.token).Want(r.status))
	if changed := before != b.stored(); changed != (r.method != http.MethodGet && r.status < http.StatusBadRequest) {
		b.t.Errorf("%s %s changed something: %t", r.operation, r.method, changed)
	}
	fail(true)
	for _, f := range append(r.all(), failing{status: r.status}) {
		if !b.Seen(r.operation, f.status) {
			b.t.Errorf("%s was not seen to answer %d", r.operation, f.status)
		}
	}
	return answers
}

func (b *bench) fail(r row, f failing) *check.Answer {
	b.t.Helper()
	path, text, token, media := r.path, r.body, b.token, "application/json"
	if f.path != "" {
		path = f.path
	}
	if f.body != "" {
		text = f.body
	}
	switch f.token {
	case "":
	case "-":
		token = ""
	default:
		token = f.token
	}
	if f.status == http.StatusUnsupportedMediaType {
		media = "text/plain"
	}
	a := b.Do(r.method, b.fill(path), bodyOf(b.fill(text)), "Authorization", token, "Content-Type", media)
	if a.Status != f.status {
		b.t.Errorf("%s, %s: status %d, want %d\n%s", r.operation, f.kind, a.Status, f.status, a.Body)
	} else if kind, _ := a.Get("name").(string); kind != f.kind {
		b.t.Errorf("%s: %d is a %q, want %q", r.operation, a.Status, kind, f.kind)
	}
	return a
}

// TestTablesAreWhole: every operation has a row for each of its documented successes. One that takes a
// body is sent one, one that names something is tried where that is not there, and one that changes
// something by somebody who must not.
func TestTablesAreWhole(t *testing.T) {
	t.Parallel()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string                     `json:"operationId"`
			Body        *struct{}                  `json:"requestBody"`
			Responses   map[string]json.RawMessage `json:"responses"`
		}
	}
	if err := json.Unmarshal(unleash.OpenAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	all := slices.Concat(table, featureTable, clientTable, []row{notModified})
	// What Unleash answers and nobody is answered here: a feature has no safeguard without a plan.
	never := map[string]int{"changeFeatureEnvSafeguard": http.StatusNoContent, "deleteFeatureEnvSafeguard": http.StatusNoContent}
	var want, got []string
	for path, methods := range doc.Paths {
		for method, op := range methods {
			for status := range op.Responses {
				if status < "400" {
					want = append(want, fmt.Sprint(op.OperationID, " ", strings.ToUpper(method), " ", status))
				}
			}
			at := slices.IndexFunc(all, func(r row) bool { return r.operation == op.OperationID })
			if at < 0 {
				continue // told below
			}
			r := all[at]
			fails := func(status int) bool {
				return r.status == status || slices.ContainsFunc(r.fails, func(f failing) bool { return f.status == status })
			}
			if (op.Body != nil) != (r.body != "") {
				t.Errorf("%s: a body is documented: %t, sent: %t", r.operation, op.Body != nil, r.body != "")
			}
			if strings.Contains(strings.ReplaceAll(path, "{projectId}", ""), "{") && !fails(http.StatusNotFound) {
				t.Errorf("%s is not tried where there is none", r.operation)
			}
			if method != "get" && strings.HasPrefix(path, "/api/admin/") && !slices.ContainsFunc(r.fails, func(f failing) bool { return f == denied }) {
				t.Errorf("%s is not tried by who must not", r.operation)
			}
		}
	}
	for _, r := range all {
		if status, ok := never[r.operation]; ok {
			r.status = status
		}
		got = append(got, fmt.Sprint(r.operation, " ", r.method, " ", r.status))
	}
	slices.Sort(want)
	slices.Sort(got)
	equal(t, "operations", want, got)
}
