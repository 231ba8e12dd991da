package releaseplan_test

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/canonical"
	"github.com/penstock-go/penstock/releaseplan"
)

// bSeal gives a document the sum that it should have.
func bSeal(t testing.TB, doc map[string]any) []byte {
	t.Helper()
	delete(doc, "sum")
	plain, err := canonical.JSON(doc)
	if err != nil {
		t.Fatal(err)
	}
	doc["sum"] = fmt.Sprintf("%x", sha256.Sum256(plain))
	sealed, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// alter calls f once for each member and element in v and for each of up to n
// other values in its place.
func alter(v any, n int, path string, f func(path string)) {
	others := func(old any) []any {
		switch x := old.(type) {
		case string:
			return slices.DeleteFunc([]any{x + "x", "", nil, 7.0, "draft", bNoon.Format(time.RFC3339)}, func(other any) bool { return other == old })
		case float64:
			return []any{x + 1, -x - 1, 0.5, nil, "x"}
		case bool:
			return []any{!x, nil, "x"}
		default:
			return []any{nil, "x", 7.0, map[string]any{}, []any{}, map[string]any{"x": 1.0}, []any{nil}}
		}
	}
	switch x := v.(type) {
	case map[string]any:
		for _, k := range sortedKeys(x) {
			old, at := x[k], path+"."+k
			for _, other := range first(n, others(old)) {
				x[k] = other
				f(fmt.Sprintf("%s = %v", at, other))
			}
			delete(x, k)
			f(at + " is gone")
			x[k] = old
			alter(old, n, at, f)
		}
		x["unknown"] = 1.0
		f(path + ".unknown")
		delete(x, "unknown")
	case []any:
		for i, old := range x {
			at := fmt.Sprintf("%s[%d]", path, i)
			for _, other := range first(n, others(old)) {
				x[i] = other
				f(fmt.Sprintf("%s = %v", at, other))
			}
			x[i] = old
			alter(old, n, at, f)
		}
	}
}

func first(n int, all []any) []any { return all[:min(n, len(all))] }

func sortedKeys(m map[string]any) (keys []string) {
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Whatever is altered in a document, it is refused.
func TestImportRefusesAnAlteredDocument(t *testing.T) {
	p, _ := midRun(t)
	var doc map[string]any
	if err := json.Unmarshal(bExport(t, p), &doc); err != nil {
		t.Fatal(err)
	}
	n := 0
	alter(doc, 1, "", func(path string) {
		n++
		altered, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := releaseplan.Import(altered); !errors.Is(err, penstock.ErrInvalid) {
			t.Errorf("%s: %v", path, err)
		}
	})
	if n < 300 {
		t.Errorf("only %d alterations", n)
	}
}

// A document that fits its sum is a plan, or refused; it never makes one panic.
func TestImportOfAForgedDocumentIsSafe(t *testing.T) {
	p, _ := midRun(t)
	var doc map[string]any
	if err := json.Unmarshal(bExport(t, p), &doc); err != nil {
		t.Fatal(err)
	}
	read, refused := 0, 0
	forge := func(path string) {
		forged, err := releaseplan.Import(bSeal(t, doc))
		if err != nil {
			if refused++; !errors.Is(err, penstock.ErrInvalid) {
				t.Errorf("%s: %v", path, err)
			}
			return
		}
		if read++; read%8 == 0 { // the fuzz test does them all
			bDrive(t, forged)
		}
	}
	for _, part := range []string{"status", "tasks"} {
		alter(doc[part], 3, part, forge)
	}
	if read < 50 || refused < 100 {
		t.Errorf("%d documents were read, %d refused", read, refused)
	}
}

// bDrive asks everything of a plan, and everything of what becomes of it then.
func bDrive(t testing.TB, p *releaseplan.Plan) {
	t.Helper()
	at := bNoon.AddDate(0, 0, 1)
	actions := []releaseplan.Action{releaseplan.Finalize, releaseplan.RequestApproval, releaseplan.Withdraw, releaseplan.Execute, releaseplan.Pause, releaseplan.Resume,
		releaseplan.Recheck, releaseplan.Reopen, releaseplan.Vote, releaseplan.AnswerGate, releaseplan.Finish, releaseplan.Archive, releaseplan.Unarchive, releaseplan.Cancel, releaseplan.Delete, releaseplan.Advance}
	onTask := []releaseplan.Action{releaseplan.Start, releaseplan.Complete, releaseplan.Fail, releaseplan.Skip, releaseplan.Retry, releaseplan.Abort, releaseplan.Hold,
		releaseplan.Release, releaseplan.Claim, releaseplan.ReleaseClaim, releaseplan.Reassign, releaseplan.Lease, releaseplan.Interrupt}
	try := func(p *releaseplan.Plan, c releaseplan.Command) *releaseplan.Plan {
		c.Remark, c.Vote, c.Answer, c.Lease = "x", approval.Approve, releaseplan.GatePass, "x"
		next, changes, err := p.Do(c, penstock.System(), at)
		if err != nil && (next != p || changes != nil) {
			t.Errorf("%s: refused, and something changed", c.Action)
		}
		return next
	}
	look := func(p *releaseplan.Plan) {
		p.Can(bAnn, at)
		p.Next(at)
		for i := range p.Content().Phases {
			p.PhaseState(i)
			p.PhaseSpan(i)
		}
		for _, v := range p.Tasks() {
			if _, err := p.CanTask(v.ID, bAnn, at); err != nil {
				t.Error(err)
			}
		}
	}
	look(p)
	for _, a := range actions {
		try(p, releaseplan.Command{Action: a})
	}
	q := p
	for _, v := range p.Tasks() {
		for _, a := range onTask {
			q = try(try(p, releaseplan.Command{Action: a, Task: v.ID}), releaseplan.Command{Action: releaseplan.Cancel})
		}
	}
	look(try(q, releaseplan.Command{Action: releaseplan.Reopen}))
}

func TestImportRefusesWhatIsNoExport(t *testing.T) {
	p, _ := midRun(t)
	doc := string(bExport(t, p))
	for rule, bad := range map[string]string{
		"nothing": "", "no object": "[]", "another format": strings.Replace(doc, "penstock.plan/1", "penstock.plan/2", 1), "something behind": doc + "{}",
		"cut off": doc[:len(doc)-1], "a name twice": `{"format":"penstock.plan/1",` + doc[1:], "a name in capitals": strings.Replace(doc, `"status"`, `"Status"`, 1),
		"too large": strings.Repeat(" ", releaseplan.MaxExport+1),
	} {
		if p, err := releaseplan.Import([]byte(bad)); !errors.Is(err, penstock.ErrInvalid) || p != nil {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

func TestImportRefusesASecretInPlainText(t *testing.T) {
	var doc map[string]any
	if err := json.Unmarshal(bExport(t, bPlan(t, content{Name: "x", Variables: []releaseplan.Variable{{Name: "v", Secret: true}}})), &doc); err != nil {
		t.Fatal(err)
	}
	doc["content"].(map[string]any)["variables"].([]any)[0].(map[string]any)["value"] = secret
	if _, err := releaseplan.Import(bSeal(t, doc)); !errors.Is(err, penstock.ErrInvalid) || !strings.Contains(err.Error(), "variables[0].value") || strings.Contains(err.Error(), secret) {
		t.Errorf("got %v", err)
	}
}

func TestImportRefusesAStatusThatDoesNotFitTheContent(t *testing.T) {
	bare, gated := bPlan(t, content{Name: "x"}), bPlan(t, bRich())
	for _, row := range []struct {
		p     *releaseplan.Plan
		state releaseplan.State
		field string
	}{
		{bare, "asleep", "status.state"},
		{bare, releaseplan.AwaitingApproval, "status.approval"},
		{bare, releaseplan.Approved, "status.approval"},
		{bare, releaseplan.Denied, "status.state"},
		{gated, releaseplan.FinalizeCheck, "status.gate"},
	} {
		var doc map[string]any
		if err := json.Unmarshal(bExport(t, row.p), &doc); err != nil {
			t.Fatal(err)
		}
		status := doc["status"].(map[string]any)
		status["state"] = row.state
		status["visits"].([]any)[0].(map[string]any)["state"] = row.state
		_, err := releaseplan.Import(bSeal(t, doc))
		if faults := penstock.Faults(err); len(faults) != 1 || faults[0].Field != row.field {
			t.Errorf("%s: %v, want a fault of %s", row.state, err, row.field)
		}
	}
}

// FuzzImport: a document of any kind is read or refused, and what was read takes
// commands without panic.
func FuzzImport(f *testing.F) {
	for _, p := range bLives(f) {
		var doc map[string]json.RawMessage
		if err := json.Unmarshal(bExport(f, p), &doc); err != nil {
			f.Fatal(err)
		}
		f.Add([]byte(doc["content"]), []byte(doc["status"]), []byte(doc["tasks"]))
	}
	f.Fuzz(func(t *testing.T, rawContent, status, tasks []byte) {
		var c content
		if json.Unmarshal(rawContent, &c) != nil || len(status) == 0 {
			return
		}
		p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Key: bKey}, c, bAnn, bNoon)
		if err != nil {
			return
		}
		var doc map[string]any
		if err := json.Unmarshal(bExport(t, p), &doc); err != nil {
			t.Fatal(err)
		}
		for name, raw := range map[string][]byte{"status": status, "tasks": tasks} {
			var v any
			if _, err := canonical.Transform(raw); err != nil || json.Unmarshal(raw, &v) != nil {
				return
			}
			doc[name] = v
		}
		forged, err := releaseplan.Import(bSeal(t, doc))
		if err != nil {
			if !errors.Is(err, penstock.ErrInvalid) {
				t.Fatalf("not an ErrInvalid: %v", err)
			}
			return
		}
		bDrive(t, forged)
	})
}
