package arp_test

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// What answers add to the examples of document 001, and in what they differ. There is nothing else.

// shown is what is added to every plan.
var shown = []change{
	added("notify_owner_on_error", `true`, "the document lists it among what is returned, and leaves it out of the examples"),
	added("planned_time.end", `"2017-08-02T09:12:03Z"`, "likewise"),
	added("phases.0.planned_time.end", `"2017-07-16T09:12:03Z"`, "as for the plan"),
	added("phases.0.tasks.0.planned_time.end", `"2017-07-13T09:12:03Z"`, "as for the plan"),
}

// listAdditions are what is added to the list.
func listAdditions() (all []change) {
	for i, number := range []int{30501, 31500, 31902} {
		all = append(all, added(fmt.Sprintf("data.%d.actions", i), draftActions(number), "the document says that they are there by default, and leaves them out of the example"))
	}
	return all
}

// draftActions are those that the document shows of plan 1908.
func draftActions(number int) string {
	return actions(number, "execute POST", "duplicate POST", "edit POST", "export GET", "archive POST", "add")
}

// actions are those of a plan: each a name, and the method if there is one.
func actions(number int, all ...string) string {
	for i, a := range all {
		rel, method, _ := strings.Cut(a, " ")
		desc, path := strings.ToUpper(rel[:1])+rel[1:], "/"+rel
		if rel == "edit" || rel == "delete" {
			path = ""
		}
		if all[i] = fmt.Sprintf(`{"rel": %q, "type": "System", "desc": %q}`, rel, desc); method != "" {
			all[i] = fmt.Sprintf(`{"href": "api/data/v1/plans/%d%s", "method": %q, "rel": %q, "type": "System", "desc": %q}`, number, path, method, rel, desc)
		}
	}
	return "[" + strings.Join(all, ",") + "]"
}

// taskActions are commands to a task.
func taskActions(plan, task int, all ...string) string {
	for i, rel := range all {
		all[i] = fmt.Sprintf(`{"href": "api/data/v1/plans/%d/tasks/%d/%s", "method": "POST", "rel": %q, "type": "System", "desc": %q}`, plan, task, rel, rel, rel)
	}
	return "[" + strings.Join(all, ",") + "]"
}

// created is in what the answer to the request of the document differs from the example, which is
// one and the same plan for all operations.
var created = []change{
	shown[0],
	added("planned_time.end", `"2016-01-02T12:32:54Z"`, shown[1].why),
	differs("planned_time.start", `"2016-01-01T00:00:00Z"`, "as requested"),
	differs("planned_time.duration", `"P1DT12H32M54S"`, "as requested"),
	differs("phases", `[]`, "a new plan has none"),
	differs("variables", `[]`, "a new plan has none"),
	differs("listeners", `[]`, "a new plan has none"),
	differs("actions", actions(1908, "duplicate POST", "edit POST", "export GET", "archive POST", "add"), "without a task there is nothing to execute"),
}

// running is in what the answer to an execute differs: the document shows a draft there.
var running = append([]change{
	differs("status", `"Running"`, "it was executed"),
	differs("phases.0.status", `"Running"`, "likewise"),
	differs("phases.0.tasks.0.status", `"Running"`, "likewise: all that it waits for is done"),
	differs("actions", actions(1908, "duplicate POST", "export GET", "archive POST", "pause POST", "cancel POST", "reset POST", "delete DELETE"), "likewise"),
	differs("phases.0.actions", `[]`, "likewise"),
	differs("phases.0.tasks.0.actions", taskActions(1908, 1920, "start", "complete", "skip", "hold", "claim", "assign"), "likewise"),
}, shown...)

// copied is in what a copy differs from what the document shows: its numbers.
var copied = append([]change{
	differs("id", `4001`, "the document shows the source"),
	differs("actions", draftActions(4001), "likewise"),
	differs("phases.0.id", `4002`, "likewise"),
	differs("phases.0.tasks.0.id", `4003`, "likewise"),
	differs("phases.0.tasks.0.plan.id", `4001`, "likewise"),
	differs("phases.0.tasks.0.phase.id", `4002`, "likewise"),
}, shown...)

// faults are told, where the document shows empty details.
func faults(details string) []change {
	return []change{differs("details", strconv.Quote(details), "the document says that nothing is told of the fault")}
}

// TestEveryExampleIsReplayed: no file of testdata is left out.
func TestEveryExampleIsReplayed(t *testing.T) {
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	used := make(map[string]bool)
	for _, row := range goldens() {
		used[row.file] = true
	}
	requests := []string{"create", "update", "execute", "duplicate", "variables"} // TestRequestsOfTheDocumentAreTaken
	for _, name := range requests {
		used[name+".request.json"] = true
	}
	for _, file := range files {
		if name := file.Name(); name != "README.md" && !used[name] {
			t.Errorf("%s is not replayed", name)
		}
	}
	if want := 23 + len(requests) + 1; len(files) != want {
		t.Errorf("%d files, want %d", len(files), want)
	}
}
