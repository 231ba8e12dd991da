//go:build unix

package executor_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"

	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

// An engine calls executors; here that is done by hand.
func Example() {
	dir, err := os.MkdirTemp("", "executor")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	executors, err := executor.Executors(executor.Config{Shell: executor.ShellConfig{Dir: dir}})
	if err != nil {
		fmt.Println(err)
		return
	}
	outputs, err := executors["freestyle"].Execute(context.Background(), workflow.Execution{
		Run: "run-1", Job: "build", Attempt: "attempt-1", Type: "freestyle", Log: os.Stdout,
		Spec: json.RawMessage(`{
			"envs":    [{"key": "TARGET", "value": "shop"}],
			"script":  "echo building $TARGET; echo IMAGE=$TARGET:1.4 >> $PENSTOCK_OUTPUT",
			"outputs": [{"name": "IMAGE"}]
		}`),
	})
	fmt.Println(outputs, err)
	// Output:
	// ==> script
	// building shop
	// map[IMAGE:shop:1.4] <nil>
}

func ExampleShell_Execute_exitCode() {
	dir, err := os.MkdirTemp("", "executor")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	shell, err := executor.NewShell(executor.ShellConfig{Dir: dir})
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = shell.Execute(context.Background(), workflow.Execution{
		Run: "run-1", Job: "test", Attempt: "attempt-1", Log: os.Stdout,
		Spec: json.RawMessage(`{"steps": [
			{"name": "unit", "type": "shell", "spec": {"script": "echo 3 tests fail; exit 2"}},
			{"name": "more", "type": "shell", "spec": {"script": "echo more tests"}}
		]}`),
	})
	if exit, ok := errors.AsType[*executor.ExitError](err); ok {
		fmt.Println(err, "→", exit.Code)
	}
	// Output:
	// ==> unit
	// 3 tests fail
	// step unit: exit code 2 → 2
}

func ExampleHTTP() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintln(w, r.Method, r.URL.Path, "is ready")
	}))
	defer server.Close()
	requests, err := executor.NewHTTP(executor.HTTPConfig{Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
	if err != nil {
		fmt.Println(err)
		return
	}
	outputs, err := requests.Execute(context.Background(), workflow.Execution{
		Job: "smoke", Attempt: "attempt-1", Log: new(logbook),
		Spec: json.RawMessage(`{"url": "` + server.URL + `/health", "expect": {"contains": "ready"}}`),
	})
	fmt.Print(outputs["STATUS"], " ", outputs["BODY"], err, "\n")
	// Output:
	// 200 GET /health is ready
	// <nil>
}

func ExampleSQL() {
	db := openExample() // sql.Open, with the driver of your database
	defer db.Close()
	statements, err := executor.NewSQL(executor.SQLConfig{Databases: map[string]executor.Database{"orders": {DB: db, Tx: true}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	outputs, err := statements.Execute(context.Background(), workflow.Execution{
		Job: "migrate", Attempt: "attempt-1", Log: os.Stdout,
		Spec: json.RawMessage(`{"id": "orders", "sql": "UPDATE orders SET state = 'open'; SELECT id, state FROM orders"}`),
	})
	fmt.Println(outputs, err)
	// Output:
	// UPDATE: 2 rows affected
	// id  state
	// 1   open
	// 2   open
	// (2 rows)
	// map[AFFECTED:2 ROWS:2] <nil>
}
