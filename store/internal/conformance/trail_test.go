package conformance_test

import (
	"database/sql"
	"errors"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

var auditor = penstock.Actor{ID: "auditor", Admin: true}

// trailOf files a plan with a trail of n entries.
func trailOf(t *testing.T, plans *releaseplan.Service, n int) string {
	t.Helper()
	p, err := plans.Create(t.Context(), releaseplan.Content{Name: "plan"}, auditor)
	for i := 1; err == nil && i < n; i++ {
		_, err = plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "hello"}, auditor)
	}
	if err != nil {
		t.Fatal(err)
	}
	return p.ID()
}

// Who has access to the tables changes a trail in them: each time the first entry that is wrong is named.
func TestTrailDamagedBySQL(t *testing.T) {
	const entries = 9
	cases := []struct {
		name  string
		kind  releaseplan.TrailFault
		seq   int64
		texts []string // in which names in capitals stand for what damage knows
	}{
		{"first altered", releaseplan.TrailAltered, 1, []string{"UPDATE EVENTS SET body = BODY WHERE OURS AND seq = 1"}},
		{"one altered", releaseplan.TrailAltered, 5, []string{"UPDATE EVENTS SET body = BODY WHERE OURS AND seq = 5"}},
		{"last altered", releaseplan.TrailAltered, 9, []string{"UPDATE EVENTS SET body = BODY WHERE OURS AND seq = 9"}},
		{"time altered", releaseplan.TrailAltered, 5, []string{"UPDATE EVENTS SET at = at + 1000000 WHERE OURS AND seq = 5"}},
		{"name altered", releaseplan.TrailAltered, 5, []string{"UPDATE EVENTS SET name = 'plan.moved' WHERE OURS AND seq = 5"}},
		{"body of another", releaseplan.TrailAltered, 5, []string{"UPDATE EVENTS SET body = (SELECT body FROM EVENTS WHERE OURS AND seq = 3) WHERE OURS AND seq = 5"}},
		{"first removed", releaseplan.TrailMissing, 1, []string{"DELETE FROM EVENTS WHERE OURS AND seq = 1"}},
		{"one removed", releaseplan.TrailMissing, 5, []string{"DELETE FROM EVENTS WHERE OURS AND seq = 5"}},
		{"last removed", releaseplan.TrailMissing, 9, []string{"DELETE FROM EVENTS WHERE OURS AND seq = 9"}},
		{"all removed", releaseplan.TrailMissing, 1, []string{"DELETE FROM EVENTS WHERE OURS"}},
		{"one removed, and the rest numbered anew", releaseplan.TrailMissing, 5, []string{
			"DELETE FROM EVENTS WHERE OURS AND seq = 5", "UPDATE EVENTS SET seq = -seq WHERE OURS AND seq > 5", "UPDATE EVENTS SET seq = -seq - 1 WHERE OURS AND seq < 0"}},
		{"two swapped", releaseplan.TrailReordered, 4, []string{
			"UPDATE EVENTS SET seq = -7 WHERE OURS AND seq = 4", "UPDATE EVENTS SET seq = 4 WHERE OURS AND seq = 7", "UPDATE EVENTS SET seq = 7 WHERE OURS AND seq = -7"}},
		{"one given to another plan", releaseplan.TrailMissing, 5, []string{"UPDATE EVENTS SET id = 'other' WHERE OURS AND seq = 5"}},
		{"one doubled", releaseplan.TrailAdded, 6, []string{
			"UPDATE EVENTS SET seq = -seq WHERE OURS AND seq > 5", "UPDATE EVENTS SET seq = -seq + 1 WHERE OURS AND seq < 0", "COPIED, 6, name, at, body FROM EVENTS WHERE OURS AND seq = 5"}},
		{"one behind the end", releaseplan.TrailAdded, 10, []string{"COPIED, 10, name, at, body FROM EVENTS WHERE OURS AND seq = 9"}},
	}
	eachBackend(t, func(t *testing.T, b *backend) {
		db := b.db(t)
		st := b.store(t, db)
		plans := releaseplan.New(releaseplan.Config{Store: st})
		for _, c := range cases {
			id := trailOf(t, plans, entries)
			if proof, err := plans.VerifyState(t.Context(), id, auditor); err != nil || proof.Entries != entries {
				t.Fatalf("%+v, %v", proof, err)
			}
			for _, text := range c.texts {
				b.damage(t, db, id, text)
			}
			_, err := plans.Verify(t.Context(), id, auditor)
			fault, ok := errors.AsType[*releaseplan.TrailError](err)
			if !ok || fault.Kind != c.kind || fault.Seq != c.seq || fault.Plan != id || !errors.Is(err, releaseplan.ErrTampered) {
				t.Errorf("%s: want %s %d, the error is %v", c.name, c.kind, c.seq, err)
			}
		}
	})
}

// damage changes the table of events behind the store's back.
func (b *backend) damage(t *testing.T, db *sql.DB, id, text string) {
	t.Helper()
	body := "CAST(replace(CAST(body AS TEXT), 'plan', 'plam') AS BLOB)"
	if b.driver != "sqlite" {
		body = "convert_to(replace(convert_from(body, 'UTF8'), 'plan', 'plam'), 'UTF8')"
	}
	table := b.prefix + "events"
	copied := "INSERT INTO " + table + " (position, version, n, kind, id, seq, name, at, body) SELECT (SELECT max(position) FROM " + table + ") + 1000, version, n + 1000, kind, id"
	run(t, db, strings.NewReplacer("COPIED", copied, "EVENTS", table, "BODY", body, "OURS", "kind = 'plan' AND id = '"+id+"'").Replace(text))
}
