package releaseplan_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// diffTurns checks that a delta makes one content another, also after it was written and read.
func diffTurns(t *testing.T, a, b releaseplan.Content) releaseplan.Delta {
	t.Helper()
	was, is := diffText(t, a), diffText(t, b)
	d := releaseplan.Diff(a, b)
	if (len(d) == 0) != (was == is) {
		t.Fatalf("%d differences between\n%s\n%s", len(d), was, is)
	}
	doc, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var read releaseplan.Delta
	if err := json.Unmarshal(doc, &read); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(read); err != nil || !bytes.Equal(again, doc) || read.String() != d.String() {
		t.Fatalf("%v: a delta is\n%s\nand read\n%s", err, doc, again)
	}
	for _, d := range []releaseplan.Delta{d, read} {
		got, err := releaseplan.Patch(a, d)
		if err != nil {
			t.Fatalf("patch: %v\n%s\n%s", err, d, doc)
		}
		if diff := cmp.Diff(is, diffText(t, got)); diff != "" {
			t.Fatalf("patched (-want +got):\n%s\n%s", diff, d)
		}
	}
	if diffText(t, a) != was || diffText(t, b) != is {
		t.Fatal("Diff or Patch changed what it was given")
	}
	return d
}

// Patch(a, Diff(a, b)) is b, Diff(b, a) undoes it, and nothing differs from itself.
func TestPatchMakesWhatDiffTells(t *testing.T) {
	n := 1_500
	if testing.Short() {
		n = 200
	}
	for seed := range uint64(n) {
		d := newDiffDice(seed)
		a, b := d.valid(t), d.valid(t)
		diffTurns(t, a, b)
		diffTurns(t, b, a)
		if self := releaseplan.Diff(a, newDiffDice(seed).valid(t)); len(self) > 0 {
			t.Fatalf("a content differs from itself:\n%s", self)
		}
	}
}

// No member of content is forgotten: the dice set each, and when any is altered, Diff tells.
func TestDiffTellsOfEveryMember(t *testing.T) {
	set := make(map[string]bool)
	for seed := range uint64(60) {
		a := newDiffDice(seed).valid(t)
		b := newDiffDice(seed).valid(t)
		was := diffText(t, a)
		diffLeaves(reflect.ValueOf(&b).Elem(), "Content", func(field string, v reflect.Value) {
			if !v.IsZero() {
				set[field] = true
			}
			old := reflect.New(v.Type()).Elem()
			old.Set(v)
			diffAlter(v)
			d := releaseplan.Diff(a, b)
			if raw, err := json.Marshal(b); err == nil && was != diffText(t, b) && len(d) == 0 && !strings.HasSuffix(field, "Variable.Value") {
				t.Fatalf("%s can be altered unseen: %s", field, raw)
			}
			v.Set(old)
		})
	}
	for field := range diffFields(reflect.TypeFor[releaseplan.Content]()) {
		if !set[field] {
			t.Errorf("the dice never set %s", field)
		}
	}
}

// diffAlter gives a leaf another value.
func diffAlter(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(v.String() + "x")
	case reflect.Bool:
		v.SetBool(!v.Bool())
	case reflect.Int, reflect.Int64:
		v.SetInt(v.Int() + 1)
	case reflect.Float64:
		v.SetFloat(v.Float() + 1)
	case reflect.Slice: // of bytes
		v.Set(reflect.ValueOf(json.RawMessage(`{"other":1}`)).Convert(v.Type()))
	default:
	}
}

// diffLeaves visits the values in v with the types that hold them.
func diffLeaves(v reflect.Value, field string, visit func(string, reflect.Value)) {
	switch {
	case v.Type() == reflect.TypeFor[json.RawMessage](), v.Kind() == reflect.String, v.Kind() == reflect.Bool, v.CanInt(), v.CanFloat():
		visit(field, v)
	case v.Kind() == reflect.Pointer:
		if !v.IsNil() {
			diffLeaves(v.Elem(), field, visit)
		}
	case v.Kind() == reflect.Slice:
		for i := range v.Len() {
			diffLeaves(v.Index(i), field, visit)
		}
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				diffLeaves(v.Field(i), v.Type().Name()+"."+f.Name, visit)
			}
		}
	}
}

// diffFields are the fields that leaves can be in.
func diffFields(of reflect.Type) map[string]bool {
	all, seen := make(map[string]bool), make(map[reflect.Type]bool)
	var walk func(string, reflect.Type)
	walk = func(field string, of reflect.Type) {
		switch of.Kind() {
		case reflect.Pointer:
			walk(field, of.Elem())
		case reflect.Slice:
			if of == reflect.TypeFor[json.RawMessage]() {
				all[field] = true
				return
			}
			walk(field, of.Elem())
		case reflect.Struct:
			if seen[of] {
				return
			}
			seen[of] = true
			for f := range of.Fields() {
				if f.IsExported() {
					walk(of.Name()+"."+f.Name, f.Type)
				}
			}
		case reflect.Map:
		default:
			all[field] = true
		}
	}
	walk("", of)
	return all
}

// What Patch returns shares nothing with what it was given.
func TestPatchReturnsTheCallersOwn(t *testing.T) {
	for seed := range uint64(100) {
		d := newDiffDice(seed)
		a, b := d.valid(t), d.valid(t)
		delta := releaseplan.Diff(a, b)
		was, told := diffText(t, a), delta.String()
		got, err := releaseplan.Patch(a, delta)
		if err != nil {
			t.Fatal(err)
		}
		scribble(reflect.ValueOf(&got))
		if diffText(t, a) != was || delta.String() != told {
			t.Fatal("what Patch returned is a part of what it was given")
		}
		if got, err = releaseplan.Patch(a, delta); err != nil {
			t.Fatal(err)
		}
		is := diffText(t, got)
		scribble(reflect.ValueOf(&a))
		scribble(reflect.ValueOf(&delta))
		if diffText(t, got) != is {
			t.Fatal("what Patch was given is a part of what it returned")
		}
	}
}
