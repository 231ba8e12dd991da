package servicetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
)

// Each line is what is stored: an auditor needs nothing but SHA-256.
func (on suite) testTrailIsExportedAsItIsStored(t *testing.T) {
	for _, cut := range []int{0, 4} {
		w := on.trailWorld(t, 300, cut, nil)
		for range 2 { // then deleted
			var file bytes.Buffer
			proof, err := w.plans.ExportTrail(t.Context(), w.id, releaseplan.TrailJSONL, &file, ann)
			must(t, proof, err)
			prev := w.hashBefore(cut)
			lines := strings.SplitAfter(file.String(), "\n")
			for i, line := range lines[:len(lines)-1] {
				var e releaseplan.Entry
				if err := json.Unmarshal([]byte(line), &e); err != nil || e.Seq != int64(cut+i+1) || prev != "" && e.Prev != prev {
					t.Fatalf("line %d: %v %s", i+1, err, line)
				}
				sum := sha256.Sum256([]byte(strings.TrimSuffix(line, "\n")))
				prev = hex.EncodeToString(sum[:])
			}
			if lines[len(lines)-1] != "" || proof.Head.Hash != prev || proof.Entries != int64(len(lines)-1) {
				t.Errorf("%d lines, the last %q: %+v, want the head %s", len(lines), lines[len(lines)-1], proof, prev)
			}
			if !proof.Deleted || cut == 0 { // or else nobody knows what the first line follows
				again, err := releaseplan.VerifyTrail(&file, releaseplan.TrailFile{From: proof.From, Head: proof.Head})
				proof.Deleted = false
				if diff := cmp.Diff(proof, again); diff != "" || err != nil {
					t.Errorf("VerifyTrail: %v %s", err, diff)
				}
			}
			if n, err := w.store.Get(t.Context(), prunePlan(w.id)); must(t, n, err)[0].Version > 0 {
				must(t, 0, w.plans.Delete(t.Context(), w.id, ann))
			}
		}
	}
}

// hashBefore is the hash of the entry before those that are left.
func (w *trailWorld) hashBefore(cut int) string {
	w.Helper()
	if cut == 0 {
		return ""
	}
	anchor, err := w.plans.Anchor(w.Context(), w.id, ann)
	if errors.Is(err, penstock.ErrNotFound) {
		return ""
	}
	return must(w, anchor, err).Hash
}

// A table for spreadsheets, which must not carry out what people wrote.
func (on suite) testTrailIsExportedAsATable(t *testing.T) {
	w := on.pruneWorld(t, releaseplan.Config{})
	p, err := w.plans.Create(t.Context(), releaseplan.Content{Name: "plan", Phases: []releaseplan.Phase{{Name: "one", Tasks: []releaseplan.Task{{Name: "=task"}}}}}, ann)
	id, task := must(t, p, err).ID(), p.Tasks()[0].ID
	remarks := []string{"=1+1", "+1", "-1", "@SUM(A1)", "\tx", "－1", "＝1", "plain, \"quoted\"", "two\nlines", "Grüße 你好"}
	for _, remark := range remarks {
		w.do(id, releaseplan.Command{Action: releaseplan.Comment, Remark: remark})
	}
	w.do(id, releaseplan.Command{Action: releaseplan.Hold, Task: task, Remark: "why"})
	var file bytes.Buffer
	_, err = w.plans.ExportTrail(t.Context(), id, releaseplan.TrailCSV, &file, ann)
	must(t, 0, err)
	if !strings.HasPrefix(file.String(), "seq,at,kind,action,by,task,milestone,name,from,to,remark,commit,prev,hash\r\n") {
		t.Errorf("the table begins %.100q", file.String())
	}
	rows, err := csv.NewReader(&file).ReadAll()
	must(t, rows, err)
	entries := w.trail(id, 1, int64(len(rows)-1))
	for i, e := range entries {
		row := rows[i+1]
		want := []string{jsonOf(t, e.Seq), e.At.Format(time.RFC3339Nano), string(e.Kind), string(e.Action), "ann", e.Task, "", e.Name, e.From, e.To, e.Remark, e.Commit, e.Prev, e.Hash}
		for j := range want {
			if got := strings.TrimPrefix(row[j], "'"); got != want[j] {
				t.Errorf("row %d: %q, want %q", i+1, row[j], want[j])
			}
		}
		if i > 0 && i <= 7 && row[10] != "'"+remarks[i-1] {
			t.Errorf("row %d is a formula: %q", i+1, row[10])
		}
	}
	if last := rows[len(rows)-1]; last[7] != "'=task" {
		t.Errorf("the task is a formula: %q", last[7])
	}
}

func jsonOf(t *testing.T, v any) string {
	t.Helper()
	doc, err := json.Marshal(v)
	return string(must(t, doc, err))
}

// A fullDisk takes so many bytes.
type fullDisk struct{ left int }

var errFull = errors.New("disk full")

func (d *fullDisk) Write(p []byte) (int, error) {
	if d.left -= len(p); d.left < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func (on suite) testTrailExportIsRefused(t *testing.T) {
	var denied error
	w := on.pruneWorld(t, releaseplan.Config{Authorizer: func(_ context.Context, who penstock.Actor, right penstock.Right, _ penstock.Resource) error {
		if who.ID == "bob" && right != penstock.Read {
			return denied
		}
		return nil
	}})
	p, err := w.plans.Create(t.Context(), releaseplan.Content{Name: "plan", Gates: []releaseplan.Gate{{On: releaseplan.GateExecute}},
		Phases: []releaseplan.Phase{{Name: "phase", Tasks: []releaseplan.Task{{Name: "task"}}}}}, ann)
	id := must(t, p, err).ID()
	export := func(format releaseplan.TrailFormat, by penstock.Actor) (string, error) {
		var file bytes.Buffer
		_, err := w.plans.ExportTrail(t.Context(), id, format, &file, by)
		return file.String(), err
	}
	if text, err := export("xml", ann); !errors.Is(err, penstock.ErrInvalid) || text != "" {
		t.Errorf("as XML: %v %q", err, text)
	}
	code := w.do(id, releaseplan.Command{Action: releaseplan.Execute}).Status().Gate.Code
	denied = errors.New("denied")
	if text, err := export(releaseplan.TrailJSONL, bob); !errors.Is(err, denied) || text != "" {
		t.Errorf("with a code that is still good: %v %q", err, text)
	}
	if text, err := export(releaseplan.TrailCSV, bob); err != nil || strings.Contains(text, code) {
		t.Errorf("as a table: %v %q", err, text)
	}
	w.do(id, releaseplan.Command{Action: releaseplan.AnswerGate, Code: code, Answer: releaseplan.GatePass})
	if _, err := export(releaseplan.TrailJSONL, bob); err != nil {
		t.Errorf("with a code that was used: %v", err)
	}
	for format, room := range map[releaseplan.TrailFormat]int{releaseplan.TrailJSONL: 600, releaseplan.TrailCSV: 600} {
		if _, err := w.plans.ExportTrail(t.Context(), id, format, &fullDisk{room}, ann); !errors.Is(err, errFull) {
			t.Errorf("%s onto a full disk: %v", format, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	w.store.reading = func(store.EventQuery) error { cancel(); return nil }
	if _, err := w.plans.ExportTrail(ctx, id, releaseplan.TrailJSONL, &bytes.Buffer{}, ann); !errors.Is(err, context.Canceled) {
		t.Errorf("a context that ends: %v", err)
	}
	w.store.reading = nil
	f := forge(t, w.store.Store, id)
	f.rows[2].Name = "plan.moved"
	var file bytes.Buffer
	_, err = releaseplan.New(releaseplan.Config{Store: f}).ExportTrail(t.Context(), id, releaseplan.TrailJSONL, &file, ann)
	faulted(t, err, releaseplan.TrailAltered, 3)
	if n := strings.Count(file.String(), "\n"); n != 2 {
		t.Errorf("%d lines were written before the fault", n)
	}
}
