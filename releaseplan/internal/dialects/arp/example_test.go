package arp_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A change is in what an answer differs from the example of the document.
type change struct {
	path  string // owner.name, phases.0.status
	value string // JSON
	add   bool   // the document leaves the member out
	why   string
}

func added(path, value, why string) change { return change{path, value, true, why} }

func differs(path, value, why string) change { return change{path, value, false, why} }

// example returns an example of the document with changes made to it.
func example(t *testing.T, file string, changes ...change) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	if len(changes) == 0 {
		return strings.TrimSpace(string(text))
	}
	v := decoded(t, string(text))
	for _, c := range changes {
		c.apply(t, v)
	}
	var out bytes.Buffer
	if err := json.NewEncoder(&out).Encode(v); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func decoded(t *testing.T, text string) (v any) {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return v
}

// apply makes the change. What is added must not be there, and what differs must.
func (c change) apply(t *testing.T, v any) {
	t.Helper()
	names := strings.Split(c.path, ".")
	for _, name := range names[:len(names)-1] {
		switch x := v.(type) {
		case map[string]any:
			v = x[name]
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(x) {
				t.Fatalf("there is no %s", c.path)
			}
			v = x[i]
		}
	}
	object, ok := v.(map[string]any)
	if !ok {
		t.Fatalf("there is no %s", c.path)
	}
	last := names[len(names)-1]
	before, there := object[last]
	after := decoded(t, c.value)
	if there == c.add {
		t.Fatalf("%s: in the document: %t; to be added: %t", c.path, there, c.add)
	}
	if was, err := json.Marshal(before); err == nil && there {
		if is, err := json.Marshal(after); err == nil && bytes.Equal(was, is) {
			t.Fatalf("%s does not differ", c.path)
		}
	}
	object[last] = after
}
