package workflow

import (
	"encoding/json"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// fill sets every field of a value to something, or leaves it as it is.
func fill(v reflect.Value, dice *rand.Rand) {
	if dice.IntN(4) == 0 {
		return
	}
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Unix(dice.Int64N(1e9), dice.Int64N(1e6)*1000).UTC()
		return
	case **approval.Request:
		r, err := approval.Open(approval.Opening{ID: "r", Policy: approval.Policy{Enabled: true, Kind: approval.Native, Nodes: []approval.Node{
			{Approvers: []penstock.Party{{Type: penstock.User, ID: "bob"}}, Need: approval.Any}}},
			Subject: approval.Subject{Hash: "h"}, By: penstock.System(), At: time.Unix(1e9, 0)})
		if err == nil {
			*x = r
		}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(field, dice)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), dice)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), dice.IntN(3), 3))
		for i := range v.Len() {
			fill(v.Index(i), dice)
		}
	case reflect.Map:
		v.Set(reflect.ValueOf(map[string]string{"A": "1 < 2", "B": ""}))
	case reflect.String:
		v.SetString([]string{"x", "two words", "\"quoted\" \\ \n\t\x01 <é世>", "\xff"}[dice.IntN(4)])
	case reflect.Int, reflect.Int64:
		v.SetInt(dice.Int64N(1000))
	case reflect.Bool:
		v.SetBool(true)
	default:
	}
}

// same compares what two texts say.
func same(t *testing.T, got []byte, v any) {
	t.Helper()
	want, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	var a, b any
	if err := json.Unmarshal(got, &a); err != nil {
		t.Fatalf("%v: %s", err, got)
	}
	if err := json.Unmarshal(want, &b); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(a, b) {
		t.Fatalf("it is\n%s\nnot\n%s", got, want)
	}
}

func TestEncodingIsThatOfJSON(t *testing.T) {
	dice := rand.New(rand.NewPCG(1, 2))
	for range 2_000 {
		var h runHeader
		fill(reflect.ValueOf(&h).Elem(), dice)
		if h.Status.Stages == nil { // a run has some
			h.Status.Stages = []StageStatus{}
		}
		if h.Status.Jobs == nil {
			h.Status.Jobs = []JobStatus{}
		}
		jobs := make([]*JobStatus, len(h.Status.Jobs))
		for i := range jobs {
			jobs[i] = &h.Status.Jobs[i]
		}
		got, err := encodeHeader(nil, &h, jobs)
		if err != nil {
			t.Fatal(err)
		}
		same(t, got, h)
		var e RunEntry
		fill(reflect.ValueOf(&e).Elem(), dice)
		if got, err = encodeEntry(nil, e.Seq, e.Commit, &e.Change); err != nil {
			t.Fatal(err)
		}
		same(t, got, e)
	}
}
