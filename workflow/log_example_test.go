package workflow_test

import (
	"context"
	"fmt"
	"io"

	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/workflow"
)

// A job writes, somebody follows, and the whole log is there afterwards.
func ExampleLogs() {
	ctx := context.Background()
	logs := workflow.NewLogs(workflow.LogsConfig{Store: memory.New()})
	build := workflow.LogKey{Run: "01JV", Job: "job-0-0-0-build", Attempt: 1}
	w, err := logs.Writer(build, workflow.NewMasker("hunter2"))
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Fprintln(w, "logging in with hunter2")

	followed := make(chan bool)
	go func() {
		for line, err := range logs.Tail(ctx, build, 10) {
			fmt.Println(line.N, line.Text, err)
		}
		close(followed)
	}()
	fmt.Fprint(w, "downloading 50%\rdownloading 100%\r\n", "built")
	if err := w.Close(); err != nil {
		fmt.Println(err)
		return
	}
	<-followed

	r, err := logs.Read(ctx, workflow.LogKey{Run: "01JV", Job: "job-0-0-0-build"}) // the latest attempt
	if err != nil {
		fmt.Println(err)
		return
	}
	defer r.Close()
	whole, err := io.ReadAll(r)
	fmt.Printf("%q %v\n", whole, err)
	// Output:
	// 1 logging in with *** <nil>
	// 2 downloading 50% <nil>
	// 3 downloading 100% <nil>
	// 4 built <nil>
	// "logging in with ***\ndownloading 50%\rdownloading 100%\r\nbuilt" <nil>
}
