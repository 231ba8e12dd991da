package unleash_test

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

const templates = "/api/admin/release-plan-templates"

// goldenWorld has the template of the documentation, made as a client makes it.
func goldenWorld(t testing.TB) *world {
	t.Helper()
	w := newWorld(t, setup{ids: []string{"01JB9GGTGQYEQ9D40R17T3YVW1", "01JB9GGTGQYEQ9D40R17T3YVW3", "01JB9GGTGQYEQ9D40R17T3YVW2"}})
	var made map[string]any
	if err := json.Unmarshal([]byte(golden(t, "template.json")), &made); err != nil {
		t.Fatal(err)
	}
	for _, given := range []string{"id", "discriminator", "createdByUserId", "createdAt"} {
		delete(made, given)
	}
	w.Do("POST", templates, made).Want(http.StatusOK, golden(t, "template.json"))
	return w
}

// TestDocumentedTemplates: the examples of the documentation, byte for byte but for white space
// and what testdata/README.md lists.
func TestDocumentedTemplates(t *testing.T) {
	t.Parallel()
	w := goldenWorld(t)
	w.Do("GET", templates, nil).Want(http.StatusOK, "["+golden(t, "template.json")+"]")
	w.Do("GET", templates+"/01JB9GGTGQYEQ9D40R17T3YVW2", nil).Want(http.StatusOK, golden(t, "template.json"))
	if got := w.Do("GET", templates, nil).Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
}

// TestDocumentedUnauthorized: nobody asks, or nobody who is known.
func TestDocumentedUnauthorized(t *testing.T) {
	t.Parallel()
	w := goldenWorld(t)
	var want, got map[string]any
	if err := json.Unmarshal([]byte(golden(t, "unauthorized.json")), &want); err != nil {
		t.Fatal(err)
	}
	w.Do("GET", templates, nil, "Authorization", "").Want(http.StatusUnauthorized).Into(&got)
	want["id"] = got["id"]
	if diff := check.Diff(text(t, want), text(t, got)); diff != "" {
		t.Error(diff)
	}
	got = nil
	w.Do("GET", templates, nil, "Authorization", "*.*.forged").Want(http.StatusUnauthorized).Into(&got)
	if got["name"] != "UnauthorizedError" {
		t.Errorf("a forged token: %v", got)
	}
	w.Do("GET", templates, nil, "Authorization", "Bearer "+annsToken).Want(http.StatusOK)
}

func text(t testing.TB, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestNumbersOfUsers are those of the Directory; 0 is nobody whom it knows.
func TestNumbersOfUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t, setup{directory: onlyAnn{}})
	equal(t, "ann", any(302.0), w.Do("POST", templates, body("one", 5)).Want(http.StatusOK).Get("createdByUserId"))
	equal(t, "bob", any(0.0), w.Do("POST", templates, body("two", 5), "Authorization", bobsToken).Want(http.StatusOK).Get("createdByUserId"))
	equal(t, "in a list", any(0.0), w.Do("GET", templates, nil).Want(http.StatusOK).Get("1.createdByUserId"))
}

// onlyAnn is a Directory that knows nobody else.
type onlyAnn struct{ penstock.Trust }

func (onlyAnn) Party(ctx context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	info, err := penstock.Trust{}.Party(ctx, p)
	if info.Number = 302; p.ID != ann.ID {
		return penstock.PartyInfo{}, penstock.ErrNotFound
	}
	return info, err
}
