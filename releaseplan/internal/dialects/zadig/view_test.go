package zadig_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// inView returns the workflows of a view, in order.
func (s *shelf) inView(t *testing.T, project, name, token string) string {
	t.Helper()
	var all []struct {
		Name      string
		Workflows []struct {
			Key string `json:"workflow_key"`
		}
	}
	s.Do(http.MethodGet, views+"?projectKey="+project, nil, as(token)...).Want(http.StatusOK).Into(&all)
	for _, v := range all {
		if v.Name != name {
			continue
		}
		keys := make([]string, len(v.Workflows))
		for i, w := range v.Workflows {
			keys[i] = w.Key
		}
		return strings.Join(keys, " ")
	}
	return "no view"
}

// An edit adds and removes, and leaves alone what it does not name.
func TestAnEditOfAViewMerges(t *testing.T) {
	s := newShelf(t)
	for _, key := range []string{"a", "b", "c", "d"} {
		s.create("demo", key)
	}
	s.Do(http.MethodPost, views, view("demo", "v", "c", "a")).Want(http.StatusOK)
	for _, step := range []struct {
		list, want string
		commits    int
	}{
		{`{"workflow_key": "b", "enabled": true}`, "c a b", 1},
		{`{"workflow_key": "a", "enabled": true}`, "c a b", 0},
		{`{"workflow_key": "d", "enabled": false}`, "c a b", 0},
		{`{"workflow_key": "gone", "enabled": false}`, "c a b", 0},
		{``, "c a b", 0},
		{`{"workflow_key": "c", "enabled": false}, {"workflow_key": "d", "enabled": true}`, "a b d", 1},
		{`{"workflow_key": "c", "enabled": true, "workflow_name": "passed over"}`, "a b d c", 1},
	} {
		before := s.store.written()
		list := strings.ReplaceAll(step.list, `"enabled"`, `"workflow_type": "custom", "enabled"`)
		s.Do(http.MethodPut, views+"/v?projectKey=demo", `{"workflow_list": [`+list+`]}`).Want(http.StatusOK, succeeded)
		if got := s.inView(t, "demo", "v", "ann"); got != step.want {
			t.Errorf("after %s: %s, want %s", step.list, got, step.want)
		}
		if n := s.store.written() - before; n != step.commits {
			t.Errorf("after %s: %d commits, want %d", step.list, n, step.commits)
		}
	}
}

func TestViewsShowWhatIsThereAndMayBeRead(t *testing.T) {
	s := newShelf(t)
	s.create("demo", "a")
	s.create("demo", "b")
	s.Do(http.MethodPost, views, view("demo", "v", "a", "b")).Want(http.StatusOK)
	s.Do(http.MethodDelete, custom+"?projectKey=demo&workflowKey=a", nil).Want(http.StatusOK)
	for token, want := range map[string]string{"ann": "b", "reader": "b", "other": "no view"} {
		if got := s.inView(t, "demo", "v", token); got != want {
			t.Errorf("%s sees %s, want %s", token, got, want)
		}
	}
	s.Do(http.MethodGet, views+"?projectKey=shop", nil).Want(http.StatusOK, `[]`)
	s.Do(http.MethodPost, views, view("demo", "none")).Want(http.StatusOK)
	if got := s.inView(t, "demo", "none", "ann"); got != "" {
		t.Errorf("an empty view shows %s", got)
	}
}

// Names of views are texts of any kind.
func TestNamesOfViewsInPaths(t *testing.T) {
	s := newShelf(t)
	s.create("demo", "a")
	for i, name := range []string{"two words", "a/b", "视图", "100%", "..", "x?y=z", "a&b"} {
		s.Do(http.MethodPost, views, view("demo", name, "a")).Want(http.StatusOK)
		if got := s.inView(t, "demo", name, "ann"); got != "a" {
			t.Errorf("view %q shows %s", name, got)
		}
		if list := s.Do(http.MethodGet, "/openapi/workflows?projectKey=demo&viewName="+url.QueryEscape(name), nil); fmt.Sprint(list.Get("workflows.0.workflow_key")) != "a" {
			t.Errorf("view %q lists %s", name, list.Body)
		}
		if name == ".." { // it can be seen, but not named in a path
			continue
		}
		s.Do(http.MethodDelete, views+"/"+url.PathEscape(name)+"?projectKey=demo", nil).Want(http.StatusOK)
		if got := s.inView(t, "demo", name, "ann"); got != "no view" {
			t.Errorf("%d: view %q is still there", i, name)
		}
	}
}
