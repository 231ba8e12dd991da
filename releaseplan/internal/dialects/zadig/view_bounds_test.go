package zadig_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestListsOfAViewAreBounded: what is too long is refused as it is, without looking at each element, and
// the answer is short.
func TestListsOfAViewAreBounded(t *testing.T) {
	s := newShelf(t)
	s.create("demo", "a")
	s.Do(http.MethodPost, views, view("demo", "v", "a")).Want(http.StatusOK)
	list := func(n int, element string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = strings.ReplaceAll(element, "#", fmt.Sprint(i))
		}
		return `{"project_key": "demo", "name": "w", "workflow_list": [` + strings.Join(all, ",") + "]}"
	}
	const edit = `{"workflow_key": "w#", "workflow_type": "custom", "enabled": false}`
	for _, c := range []struct{ rule, method, path, body, why string }{
		{"of a new one", http.MethodPost, views, list(501, `{}`), "workflow_list: 501 are too many: at most 500"},
		{"of an edit", http.MethodPut, views + "/v?projectKey=demo", list(1001, edit), "workflow_list: 1001 are too many: at most 1000"},
		{"faults of a new one", http.MethodPost, views, list(500, `{}`), "there are 400 more faults"},
		{"faults of an edit", http.MethodPut, views + "/v?projectKey=demo", list(1000, `{}`), "more faults"},
	} {
		got := s.Do(c.method, c.path, c.body).Want(http.StatusBadRequest)
		if why := fmt.Sprint(got.Get("description")); !strings.Contains(why, c.why) || len(got.Body) > 20_000 {
			t.Errorf("%s: %d bytes: %.300s", c.rule, len(got.Body), got.Body)
		}
	}
	s.Do(http.MethodPut, views+"/v?projectKey=demo", list(1000, edit)).Want(http.StatusOK, succeeded)
	if got := s.inView(t, "demo", "v", "ann"); got != "a" {
		t.Errorf("the view shows %s", got)
	}
}
