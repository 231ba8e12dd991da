package canonical_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/internal/canonical"
)

// What Transform takes is JSON, its result means the same, and it is a fixed point.
func FuzzTransform(f *testing.F) {
	for _, doc := range []string{
		`{"b":[1,2.50,-0,1e21,9007199254740992],"a":{"é":"\u00e9\n\ud83d\ude00","":null}}`,
		`{"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"ö":7}`,
		`[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,5e-324]`,
		`{"a":1,"a":2}`, `[[[[]]]]`, `"\ud800"`, ` true `, `1e400`, `{"a":{"a":{"b":1,"a":2},"\u0000":3}}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		before := bytes.Clone(doc)
		once, err := canonical.Transform(doc)
		if !bytes.Equal(before, doc) {
			t.Fatalf("doc changed from %q to %q", before, doc)
		}
		if err != nil {
			return
		}
		if !json.Valid(doc) {
			t.Fatalf("took %q, which is no JSON", doc)
		}
		twice, err := canonical.Transform(once)
		if err != nil || !bytes.Equal(once, twice) {
			t.Fatalf("%q becomes %q and then %q, %v", doc, once, twice, err)
		}
		if diff := cmp.Diff(decode(t, doc), decode(t, once)); diff != "" {
			t.Fatalf("%q means something else, -before +after:\n%s", doc, diff)
		}
	})
}

func decode(t *testing.T, doc []byte) (v any) {
	t.Helper()
	if err := json.Unmarshal(doc, &v); err != nil {
		t.Fatalf("%q: %v", doc, err)
	}
	return v
}
