package unleash_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
)

// TestListsOfTemplatesAreBounded: a list that is too long is refused at once, and not fault by fault.
func TestListsOfTemplatesAreBounded(t *testing.T) {
	t.Parallel()
	w, _ := tableWorld(t)
	for _, body := range []string{
		`{"name":"x","milestones":[{}` + strings.Repeat(",{}", 20_000) + `]}`,
		`{"name":"x","milestones":[{"name":"m","sortOrder":0,"strategies":[{}` + strings.Repeat(",{}", 20_000) + `]}]}`,
	} {
		a := w.Do("POST", "/api/admin/release-plan-templates", body).Want(http.StatusBadRequest)
		if !strings.Contains(string(a.Body), "are too many: at most") || len(a.Body) > 2_000 {
			t.Errorf("%d bytes: %.300s", len(a.Body), a.Body)
		}
	}
}

// TestLongIDsAreClipped: an id that is not there is told, but not at any length.
func TestLongIDsAreClipped(t *testing.T) {
	t.Parallel()
	w, _ := tableWorld(t)
	template, ok := w.Do("POST", "/api/admin/release-plan-templates", `{"name":"clipped"}`).Want(http.StatusOK).Get("id").(string)
	if !ok {
		t.Fatal("there is no template")
	}
	long := strings.Repeat("x", 3_000)
	a := w.Do("DELETE", "/api/admin/release-plan-templates/"+template+"/milestones/"+long, nil)
	if a.Status != http.StatusNotFound || !strings.Contains(string(a.Body), "is not there") || len(a.Body) > 600 {
		t.Errorf("%d with %d bytes: %.300s", a.Status, len(a.Body), a.Body)
	}
}

// TestWhoMayNotReadChangesNothing: the answer to a change shows the whole feature.
func TestWhoMayNotReadChangesNothing(t *testing.T) {
	w := newClientWorld(t)
	w.Do("POST", "/api/admin/projects/default/features", `{"name":"quiet","description":"as it was"}`).Want(http.StatusCreated)
	w.denied["feature quiet"] = penstock.Read
	failure(t, w.Do("PUT", "/api/admin/projects/default/features/quiet", `{"description":"mine"}`, "Authorization", "mallory"), http.StatusForbidden, "PermissionError")
	delete(w.denied, "feature quiet")
	if a := w.Do("GET", "/api/admin/projects/default/features/quiet", nil).Want(http.StatusOK); a.Get("description") != "as it was" {
		t.Errorf("%s", a.Body)
	}
}
