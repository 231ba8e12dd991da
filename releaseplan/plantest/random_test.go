package plantest_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/plantest"
)

// rich is a generator of all that it can make.
var rich = plantest.Generator{Remote: []approval.Kind{approval.Lark}, Segments: []int{1, 2}}

func TestRandomContentsAreValid(t *testing.T) {
	lintFree := 0
	for seed := range uint64(1000) {
		for name, g := range map[string]plantest.Generator{"zero": {}, "rich": rich} {
			c := g.Content(seed)
			if err := c.Validate(); err != nil {
				t.Fatalf("seed %d of %s: %v", seed, name, err)
			}
			p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "p", Key: []byte("k")}, c, plantest.Owner(), plantest.Start())
			if err != nil {
				t.Fatalf("seed %d of %s: %v", seed, name, err)
			}
			if name == "zero" && p.Lint() == nil {
				lintFree++
			}
		}
	}
	if lintFree < 900 {
		t.Errorf("only %d of 1,000 can be finalized", lintFree)
	}
}

func TestRandomContentsAreOfTheirSeed(t *testing.T) {
	distinct := make(map[string]bool)
	for seed := range uint64(50) {
		if diff := cmp.Diff(plantest.Random(seed), plantest.Random(seed), plantest.Comparers()...); diff != "" {
			t.Fatalf("seed %d: %s", seed, diff)
		}
		p, _ := plantest.New(t, plantest.Random(seed))
		distinct[p.Hash()] = true
	}
	if len(distinct) < 45 {
		t.Errorf("50 seeds made %d contents", len(distinct))
	}
}

func TestRandomContentsAreBounded(t *testing.T) {
	small := plantest.Generator{Phases: 1, Tasks: 2, Milestones: -1, Variables: -1, Kinds: []string{"a", "b"}}
	for seed := range uint64(300) {
		c := small.Content(seed)
		if len(c.Phases) > 1 || len(c.Milestones) > 0 || len(c.Variables) > 0 {
			t.Fatalf("seed %d: %d phases, %d milestones, %d variables", seed, len(c.Phases), len(c.Milestones), len(c.Variables))
		}
		for _, p := range c.Phases {
			if len(p.Tasks) > 2 {
				t.Fatalf("seed %d: %d tasks", seed, len(p.Tasks))
			}
			for _, task := range p.Tasks {
				if !slices.Contains([]string{"", releaseplan.Manual, releaseplan.Wait, "a", "b"}, task.Kind) {
					t.Fatalf("seed %d: kind %s", seed, task.Kind)
				}
			}
		}
	}
}

func TestRandomContentsTakeWhatYouAdd(t *testing.T) {
	g := plantest.Generator{Then: func(r *rand.Rand, c *releaseplan.Content) { c.Labels = map[string]string{"n": fmt.Sprint(r.IntN(9))} }}
	if c := g.Content(1); c.Labels["n"] == "" {
		t.Errorf("labels %v", c.Labels)
	}
}

// neverSet are the members that a content of a plan cannot have.
var neverSet = []string{
	".Milestones.Strategies.Variants.Overrides", // of a feature's variants only
}

func TestEveryMemberIsSometimesSet(t *testing.T) {
	seen := make(map[string]bool)
	for seed := range uint64(1500) {
		note(reflect.ValueOf(rich.Content(seed)), "", seen)
	}
	all := make(map[string]bool)
	members(reflect.TypeFor[releaseplan.Content](), "", all)
	if len(all) < 100 {
		t.Fatalf("found only %d members", len(all))
	}
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if !seen[path] && !slices.ContainsFunc(neverSet, func(p string) bool { return strings.HasPrefix(path, p) }) {
			t.Errorf("%s is never set: teach the Generator", path)
		}
	}
}

// plain reports whether the members of a type are of no interest.
func plain(t reflect.Type) bool {
	return t.Kind() != reflect.Struct || t == reflect.TypeFor[penstock.Duration]() || t.PkgPath() == "time"
}

// members notes the paths of all members of a type.
func members(t reflect.Type, path string, all map[string]bool) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice || t.Kind() == reflect.Map {
		t = t.Elem()
	}
	if plain(t) {
		return
	}
	for f := range t.Fields() {
		if f.IsExported() {
			all[path+"."+f.Name] = true
			members(f.Type, path+"."+f.Name, all)
		}
	}
}

// note notes the paths of all members of a value that are set.
func note(v reflect.Value, path string, seen map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			note(v.Elem(), path, seen)
		}
	case reflect.Slice:
		for i := range v.Len() {
			note(v.Index(i), path, seen)
		}
	case reflect.Map:
		for _, k := range v.MapKeys() {
			note(v.MapIndex(k), path, seen)
		}
	case reflect.Struct:
		if plain(v.Type()) {
			return
		}
		for f, member := range v.Fields() {
			if f.IsExported() && !member.IsZero() {
				seen[path+"."+f.Name] = true
				note(member, path+"."+f.Name, seen)
			}
		}
	default: // it is set, or not
	}
}
