package releaseplan_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// Whatever changes the hash is covered by an approval, and what is not covered does not change it.
func TestCoveredIsWhatIsHashed(t *testing.T) {
	hash := func(c releaseplan.Content) string {
		p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "plan", Key: bKey}, c, bAnn, bNoon)
		if err != nil {
			return ""
		}
		return p.Hash()
	}
	tried := make(map[string]bool)
	for seed := range uint64(25) {
		dice := newDiffDice(seed)
		made := dice.valid(t)
		made.Owner = penstock.UserParty("ann")
		p := bPlan(t, made)
		a, b := p.Content(), p.Content()
		before := hash(a)
		diffLeaves(reflect.ValueOf(&b).Elem(), "Content", func(field string, v reflect.Value) {
			old := reflect.New(v.Type()).Elem()
			old.Set(v)
			diffAlter(v)
			after := hash(b)
			covered, rest := releaseplan.Diff(a, b).Covered()
			v.Set(old)
			switch {
			case after == "" || strings.HasSuffix(field, ".ID"): // invalid, or another part with the same content
			case after != before && len(covered) == 0:
				t.Fatalf("%s changes the hash, and is said not to: %s", field, rest)
			case after == before && len(covered) > 0 && !strings.HasSuffix(field, "Variable.Secret") && !strings.HasSuffix(field, "Variable.Digest"):
				t.Fatalf("%s does not change the hash, and is said to: %s", field, covered)
			default:
				tried[field] = true
			}
		})
	}
	for _, field := range []string{"Content.Name", "Content.Description", "Phase.Name", "Phase.Number", "Task.Name", "Task.Number", "Task.Disabled", "Milestone.Description",
		"Milestone.SortOrder", "Strategy.Title", "Strategy.SortOrder", "Party.Name", "Variable.Value", "Target.Feature"} {
		if !tried[field] {
			t.Errorf("%s was never tried", field)
		}
	}
}
