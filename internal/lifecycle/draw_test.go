package lifecycle_test

import (
	"strings"
	"testing"
)

func TestLabelsAreEscaped(t *testing.T) {
	t.Parallel()
	m := machine{Initial: "a", Final: []string{"z"}, Rules: table{
		"a": {"end": {To: "z", If: []isTrue{{Needs: `a: "b"; c`, Holds: holds}, {Needs: "nothing that can fail"}}}},
	}}
	if got, want := m.Mermaid(), `a --> z : end [a#58; "b"#59; c]`+"\n"; !strings.Contains(got, want) {
		t.Errorf("%s lacks %s", got, want)
	}
	if got, want := m.DOT(), `"a" -> "z" [label="end [a: \"b\"; c]"]`+"\n"; !strings.Contains(got, want) {
		t.Errorf("%s lacks %s", got, want)
	}
}
