//go:build unix

package executor_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

func TestJobsOfARunShareStorages(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := newShell(t, executor.ShellConfig{Dir: dir})
	do := func(run, attempt, spec string) (string, error) {
		job, log := execution(t, "freestyle", spec)
		job.Run, job.Attempt = run, attempt
		job.Storages = []workflow.ShareStorage{{Name: "my cache", Path: "/cache"}, {Name: "bin"}, {Name: "tools", Path: "$WORKSPACE/tools"}}
		_, err := s.Execute(t.Context(), job)
		return strings.TrimPrefix(log.String(), "==> script\n"), err
	}
	if _, err := do("one", "1", script(`echo shared > $PENSTOCK_STORAGE_MY_CACHE/file; [ -d $PENSTOCK_STORAGE_BIN ]`, "")); err != nil {
		t.Fatal(err)
	}
	use := func(storages string) string {
		return `,"advanced_setting":{"share_storage_info":{"enabled":true,"share_storages":[` + storages + `]}}`
	}
	for i, test := range []struct{ name, run, spec, want string }{
		{"by the variable", "one", script(`cat $PENSTOCK_STORAGE_MY_CACHE/file`, ""), "shared\n"},
		{"at a relative path", "one", script(`cat in/cache/file`, use(`{"name":"my cache","path":"in/cache"}`)), "shared\n"},
		{"at a path in the workspace", "one", script(`cat in/file`, use(`{"name":"my cache","path":"$WORKSPACE/in"}`)), "shared\n"},
		{"at an absolute path in the working directory", "one", script(`cat in/file`, use(`{"name":"my cache","path":"`+dir+`/one/attempts/4/work/in"}`)), "shared\n"},
		{"at the path of the run", "one", script(`ls`, use(`{"name":"tools"}`)), "tools\n"},
		{"at another one", "one", script(`ls`, use(`{"name":"tools","path":"more"}`)), "more\n"},
		{"at the path of the run, by the variable only", "one", script(`cat $PENSTOCK_STORAGE_MY_CACHE/file; ls`, use(`{"name":"my cache"}`)), "shared\n"},
		{"only what it asks for", "one", script(`echo "<$PENSTOCK_STORAGE_MY_CACHE>"`, use(`{"name":"bin"}`)), "<>\n"},
		{"nothing when that is switched off", "one", script(`env | grep STORAGE || echo none`, `,"properties":{"share_storage_info":{"enabled":false}}`), "none\n"},
		{"another run has its own", "two", script(`ls $PENSTOCK_STORAGE_MY_CACHE`, ""), ""},
	} {
		if got, err := do(test.run, string(rune('1'+i)), test.spec); err != nil || got != test.want {
			t.Errorf("%s: got %q and %v, want %q", test.name, got, err, test.want)
		}
	}
	for _, test := range []struct{ name, storages, want string }{
		{"a path that leads out", `{"name":"bin","path":"../x"}`, "storage bin: share_storages: the path does not lie in the working directory"},
		{"the working directory", `{"name":"bin","path":"./"}`, "storage bin: share_storages: the path does not lie in the working directory"},
		{"the same variable", `{"name":"bin"},{"name":"BIN"}`, "storage BIN: share_storages: PENSTOCK_STORAGE_BIN is the variable of another one already"},
	} {
		if _, err := do("one", "x", script("true", use(test.storages))); !errors.Is(err, penstock.ErrInvalid) || err.Error() != test.want {
			t.Errorf("%s: got %v", test.name, err)
		}
	}
	for _, paths := range [][2]string{{"a", "a"}, {"a", "./a/"}, {"a", "a/b/c"}, {"a/b", "a"}, {"a", "$WORKSPACE/a/b"}} {
		use := use(fmt.Sprintf(`{"name":"bin","path":%q},{"name":"my cache","path":%q}`, paths[0], paths[1]))
		for range 2 {
			if _, err := do("one", "x", script("true", use)); !errors.Is(err, penstock.ErrInvalid) || err.Error() != "storage my cache: share_storages: its path and that of bin lie in each other" {
				t.Errorf("two at %s: got %v", paths, err)
			}
		}
	}
	if got, err := do("one", "x", script("ls $PENSTOCK_STORAGE_BIN", use(`{"name":"bin","path":"a"},{"name":"my cache","path":"a-b/a"}`))); err != nil || got != "" {
		t.Errorf("two beside each other: got %q and %v", got, err)
	}
	for _, run := range []string{"one", "one", "three"} {
		if err := s.Forget(t.Context(), run); err != nil {
			t.Error(err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 || left[0].Name() != "two" {
		t.Errorf("left: %v", left)
	}
}

// Names that are no names of files are as good as others, and lead nowhere else.
func TestNamesOfRunsAndStorages(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "a", "b", "c")
	s := newShell(t, executor.ShellConfig{Dir: dir})
	for _, name := range []string{"..", "../../x", "/etc", "a/b", "缓存", strings.Repeat("x", 250), "", "."} {
		job, log := execution(t, "freestyle", script(`cd $(env | grep ^PENSTOCK_STORAGE | cut -d= -f2) && pwd`, ""))
		job.Run, job.Attempt, job.Storages = name, name, []workflow.ShareStorage{{Name: name}}
		_, err := s.Execute(t.Context(), job)
		at := strings.TrimSpace(strings.TrimPrefix(log.String(), "==> script\n"))
		if rel, relErr := filepath.Rel(dir, at); err != nil || relErr != nil || strings.Count(rel, "/") != 2 || strings.HasPrefix(rel, "..") {
			t.Errorf("%q: got %q and %v", name, at, err)
		}
		if err := s.Forget(t.Context(), name); err != nil {
			t.Errorf("%q: %v", name, err)
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if all, _ := os.ReadDir(root); len(all) != 1 {
		t.Errorf("got %v", all)
	}
}
