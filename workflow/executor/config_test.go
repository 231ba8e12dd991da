package executor_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow/executor"
)

func TestExecutors(t *testing.T) {
	t.Parallel()
	databases := map[string]executor.Database{"orders": {DB: (&server{}).db(t)}}
	for _, test := range []struct {
		name string
		c    executor.Config
		want []string
	}{
		{"nothing", executor.Config{}, []string{"http"}},
		{"a directory", executor.Config{Shell: executor.ShellConfig{Dir: t.TempDir()}}, []string{"freestyle", "http"}},
		{"databases", executor.Config{SQL: executor.SQLConfig{Databases: databases}}, []string{"http", "sql"}},
	} {
		all, err := executor.Executors(test.c)
		if diff := cmp.Diff(test.want, slices.Sorted(maps.Keys(all))); diff != "" || err != nil {
			t.Errorf("%s: %v %s", test.name, err, diff)
		}
	}
	_, err := executor.Executors(executor.Config{
		Shell: executor.ShellConfig{Dir: "/", Grace: -1},
		SQL:   executor.SQLConfig{Databases: databases, MaxRows: -1},
		HTTP:  executor.HTTPConfig{MaxBody: -1},
	})
	if faults := penstock.Faults(err); len(faults) != 3 {
		t.Errorf("got %v", err)
	}
}
