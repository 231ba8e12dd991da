package template_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/template"
)

// FuzzInstantiate: whatever a template and its arguments are, there is no panic, the template does not change,
// what comes out is sound content, and every error is an ErrInvalid.
func FuzzInstantiate(f *testing.F) {
	for _, tpl := range []template.Template{service(), plain("T"), bound(template.Number, "safeguards[0].above")} {
		doc, err := json.Marshal(tpl)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(doc, []byte(`{"params":{"service":"shop","replicas":2.5,"owner":{"id":"x"}},"start":"2026-03-02T09:00:00Z"}`))
	}
	f.Add([]byte(`{"name":"{{x}}","content":{"phases":[{"name":"{{a}}","tasks":[{"name":"{{!a}}","spec":{"a":"\u007b\u007ba}}"}}]}]},"parameters":[{"name":"a"}],"bindings":[{"path":"phases[0].tasks[0].timeout","parameter":"a"}]}`), []byte(`{"params":{"a":"{{a}}"}}`))
	f.Fuzz(func(t *testing.T, doc, args []byte) {
		var tpl template.Template
		var a template.Arguments
		if json.Unmarshal(doc, &tpl) != nil || json.Unmarshal(args, &a) != nil {
			return
		}
		before, errBefore := json.Marshal(tpl)
		c, err := tpl.Instantiate(a)
		if after, errAfter := json.Marshal(tpl); errBefore == nil && (errAfter != nil || !bytes.Equal(after, before)) {
			t.Errorf("the template changed: %s", after)
		}
		if err != nil {
			if !errors.Is(err, penstock.ErrInvalid) {
				t.Errorf("error %v", err)
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("content: %v", err)
		}
		if d := template.Diff(tpl, tpl); d != nil {
			t.Errorf("differs from itself: %v", d)
		}
		if _, err := template.FromContent(c); err != nil {
			t.Errorf("no template of the content: %v", err)
		}
	})
}

// FuzzDiff: any two templates can be compared, and the differences are empty only if both are written alike.
func FuzzDiff(f *testing.F) {
	a, b := service(), service()
	b.Content.Milestones = b.Content.Milestones[1:]
	f.Add(must(f, a), must(f, b))
	f.Fuzz(func(t *testing.T, one, two []byte) {
		var a, b template.Template
		if json.Unmarshal(one, &a) != nil || json.Unmarshal(two, &b) != nil {
			return
		}
		there, back := template.Diff(a, b), template.Diff(b, a)
		if len(there) == 0 != (len(back) == 0) {
			t.Errorf("one way %v, the other %v", there, back)
		}
		if d := template.Diff(a, a); d != nil {
			t.Errorf("differs from itself: %v", d)
		}
	})
}

func must(f *testing.F, x any) []byte {
	doc, err := json.Marshal(x)
	if err != nil {
		f.Fatal(err)
	}
	return doc
}

func TestParamsKeepDigits(t *testing.T) {
	var p template.Params
	if err := json.Unmarshal([]byte(`{"a":12345678901234567890,"b":null}`), &p); err != nil {
		t.Fatal(err)
	}
	same(t, "params", p, template.Params{"a": raw("12345678901234567890"), "b": raw("null")})
	if err := json.Unmarshal([]byte(`[]`), &p); err == nil {
		t.Error("an array is no params")
	}
}
