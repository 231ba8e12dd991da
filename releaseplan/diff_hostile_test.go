package releaseplan_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// diffBase is what hostile deltas are for: two phases with tasks, and a bit of all else.
func diffBase(t testing.TB) releaseplan.Content { return bPlan(t, bRich()).Content() }

const (
	diffBuild    = "phases[0190b7a2-0000-7000-8000-000000000001]"
	diffAnnounce = "phases[0190b7a2-0000-7000-8000-000000000002]"
	diffCompile  = diffBuild + ".tasks[0190b7a2-0000-7000-8000-000000000011]"
	diffMail     = diffAnnounce + ".tasks[0190b7a2-0000-7000-8000-000000000021]"
)

// A delta that does not fit is a conflict that names the path, one that makes no sense is invalid; both change nothing.
func TestPatchRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		delta string
		want  error
		says  string
	}{
		"another value before":   {`[{"path":"name","kind":"renamed","before":"x","after":"y"}]`, penstock.ErrConflict, "name: has another value"},
		"a value where none was": {`[{"path":"labels.team","kind":"added","after":"y"}]`, penstock.ErrConflict, "labels.team"},
		"none where one was":     {`[{"path":"labels.other","kind":"removed","before":"y"}]`, penstock.ErrConflict, "labels.other"},
		"no such phase":          {`[{"path":"phases[nix].name","kind":"renamed","before":"x","after":"y"}]`, penstock.ErrConflict, "there is no phase nix"},
		"no such task":           {`[{"path":"` + diffBuild + `.tasks[nix]","kind":"moved","from":{"at":0},"to":{"at":1}}]`, penstock.ErrConflict, "there is no task nix"},
		"another place":          {`[{"path":"` + diffCompile + `","kind":"moved","from":{"at":1},"to":{"at":2}}]`, penstock.ErrConflict, "stands at place 0, not 1"},
		"another part removed":   {`[{"path":"gates[execute]","kind":"removed","before":{"on":"finalize"},"from":{"at":1}}]`, penstock.ErrConflict, "gates[execute]"},
		"a place too far":        {`[{"path":"variables[v]","kind":"added","after":{"name":"v"},"to":{"at":99}}]`, penstock.ErrConflict, "there is no place 99"},
		"a phase with tasks": {`[{"path":"` + diffAnnounce + `","kind":"removed","before":{"id":"0190b7a2-0000-7000-8000-000000000002","kind":"free","name":"announce","number":15},"from":{"at":1}}]`,
			penstock.ErrConflict, "has tasks still"},
		"no such object": {`[{"path":"` + diffCompile + `.spec.run","kind":"added","after":1}]`, penstock.ErrConflict, "there is no spec"},

		"no path":                  {`[{"path":"","kind":"changed"}]`, penstock.ErrInvalid, "is no path"},
		"an unknown member":        {`[{"path":"nix","kind":"added","after":1}]`, penstock.ErrInvalid, "is not what it can be"},
		"another case":             {`[{"path":"Origin","kind":"added","after":{"template":"x"}}]`, penstock.ErrInvalid, ""},
		"an unknown list":          {`[{"path":"tasks[x].name","kind":"renamed","before":"a","after":"b"}]`, penstock.ErrInvalid, "no list"},
		"a list as a member":       {`[{"path":"phases","kind":"changed","before":[],"after":[]}]`, penstock.ErrInvalid, "is no member that changes"},
		"an id":                    {`[{"path":"` + diffCompile + `.id","kind":"changed","before":"0190b7a2-0000-7000-8000-000000000011","after":"x"}]`, penstock.ErrInvalid, "is no member that changes"},
		"a huge place":             {`[{"path":"` + diffCompile + `","kind":"moved","from":{"at":0},"to":{"at":4611686018427387904}}]`, penstock.ErrInvalid, "cannot go to place"},
		"a negative place":         {`[{"path":"` + diffCompile + `","kind":"moved","from":{"at":0},"to":{"at":-1}}]`, penstock.ErrInvalid, "cannot go to place"},
		"no place":                 {`[{"path":"` + diffCompile + `","kind":"moved","from":{"at":0}}]`, penstock.ErrInvalid, "has no place"},
		"twice":                    {`[{"path":"` + diffCompile + `","kind":"moved","from":{"at":0},"to":{"at":1}},{"path":"` + diffCompile + `","kind":"moved","from":{"at":0},"to":{"at":2}}]`, penstock.ErrInvalid, "goes twice"},
		"two at one place":         {`[{"path":"variables[v]","kind":"added","after":{"name":"v"},"to":{"at":0}},{"path":"variables[w]","kind":"added","after":{"name":"w"},"to":{"at":0}}]`, penstock.ErrInvalid, "so does another"},
		"an unknown kind":          {`[{"path":"name","kind":"eaten","before":"Checkout 2.4","after":"y"}]`, penstock.ErrInvalid, "eaten"},
		"an unknown kind of part":  {`[{"path":"` + diffCompile + `","kind":"changed"}]`, penstock.ErrInvalid, "a part cannot be"},
		"a part of another type":   {`[{"path":"variables[v]","kind":"added","after":{"name":"v","nix":1},"to":{"at":0}}]`, penstock.ErrInvalid, "is not what it can be"},
		"a part of another name":   {`[{"path":"variables[v]","kind":"added","after":{"name":"w"},"to":{"at":0}}]`, penstock.ErrInvalid, "is known by w"},
		"a secret value":           {`[{"path":"variables[v]","kind":"added","after":{"name":"v","value":"x","secret":true},"to":{"at":0}}]`, nil, ""},
		"a phase with tasks added": {`[{"path":"phases[0190b7a2-0000-7000-8000-000000000009]","kind":"added","after":{"id":"0190b7a2-0000-7000-8000-000000000009","kind":"free","name":"x","tasks":[{"name":"y"}]},"to":{"at":0}}]`, penstock.ErrInvalid, "is not written"},
		"content that is invalid":  {`[{"path":"name","kind":"removed","before":"Checkout 2.4"}]`, penstock.ErrInvalid, "is not written"},
		"an invalid word":          {`[{"path":"` + diffBuild + `.kind","kind":"changed","before":"sequential","after":"sideways"}]`, penstock.ErrInvalid, "sideways"},
		"from no phase":            {`[{"path":"` + diffMail + `","kind":"moved","from":{"at":0,"in":"variables[x]"},"to":{"at":0}}]`, penstock.ErrInvalid, ""},
		"a value with a place":     {`[{"path":"name","kind":"renamed","before":"Checkout 2.4","after":"y","to":{"at":1}}]`, penstock.ErrInvalid, "has no place"},
		"no value before":          {`[{"path":"name","kind":"renamed","after":"y"}]`, penstock.ErrInvalid, "before and after"},
		"a long path":              {`[{"path":"` + strings.Repeat("a", 1<<20) + `","kind":"changed"}]`, penstock.ErrInvalid, "is no path"},
		"a deep path":              {`[{"path":"` + strings.Repeat("phases[x].", 1_000) + `name","kind":"changed"}]`, penstock.ErrInvalid, "is no path"},
		"a deep value":             {`[{"path":"` + diffCompile + `.spec","kind":"added","after":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + `}]`, penstock.ErrInvalid, "spec: is no JSON"},
		"a broken key":             {`[{"path":"phases[\"x].name","kind":"changed"}]`, penstock.ErrInvalid, "is no path"},
		"a doubled member":         {`[{"path":"` + diffCompile + `.spec","kind":"added","after":{"a":1,"a":2}}]`, penstock.ErrInvalid, "spec: is no JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			var d releaseplan.Delta
			if err := json.Unmarshal([]byte(row.delta), &d); err != nil {
				t.Fatal(err)
			}
			a := diffBase(t)
			_, err := releaseplan.Patch(a, d)
			if !errors.Is(err, row.want) || err != nil && (!strings.Contains(err.Error(), row.says) || len(err.Error()) > 1_000) {
				t.Errorf("says %v, want %q", err, row.says)
			}
			if diffText(t, a) != diffText(t, diffBase(t)) {
				t.Error("the content changed")
			}
		})
	}
	if _, err := releaseplan.Patch(diffBase(t), make(releaseplan.Delta, releaseplan.MaxDifferences+1)); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("too many: %v", err)
	}
}

// Whatever a delta says, Patch makes valid content of it or says what is wrong.
func FuzzPatch(f *testing.F) {
	for seed := range uint64(8) {
		d := newDiffDice(seed)
		doc, err := json.Marshal(releaseplan.Diff(diffBase(f), d.valid(f)))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc)
	}
	a, b := diffEdited(f)
	doc, err := json.Marshal(releaseplan.Diff(a, b))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(doc)
	f.Fuzz(func(t *testing.T, doc []byte) {
		var d releaseplan.Delta
		if json.Unmarshal(doc, &d) != nil {
			return
		}
		_ = d.String()
		was := diffText(t, a)
		got, err := releaseplan.Patch(a, d)
		if diffText(t, a) != was {
			t.Fatal("Patch changed what it was given")
		}
		if err != nil {
			if !errors.Is(err, penstock.ErrInvalid) && !errors.Is(err, penstock.ErrConflict) {
				t.Fatal(err)
			}
			return
		}
		if err := got.Validate(); err != nil {
			t.Fatalf("it made content that is invalid: %v", err)
		}
		back, err := releaseplan.Patch(a, releaseplan.Diff(a, got))
		if err != nil || diffText(t, back) != diffText(t, got) {
			t.Fatalf("%v: %s", err, doc)
		}
	})
}
