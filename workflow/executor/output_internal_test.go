package executor

import (
	"maps"
	"strings"
	"testing"
)

func TestParseOutputs(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, text string
		want       map[string]string
		err        string
	}{
		{"nothing", "", nil, ""},
		{"empty lines", "\n\r\n", nil, ""},
		{"a value", "A=1\n", map[string]string{"A": "1"}, ""},
		{"without an end of line", "A=1", map[string]string{"A": "1"}, ""},
		{"with that of another system", "A=1\r\nB=2\r\n", map[string]string{"A": "1", "B": "2"}, ""},
		{"an empty value", "A=\n", map[string]string{"A": ""}, ""},
		{"everything behind the first =", "A= b=c<<d \n", map[string]string{"A": " b=c<<d "}, ""},
		{"the last value counts", "A=1\nB=2\nA=3\n", map[string]string{"A": "3", "B": "2"}, ""},
		{"several lines", "A<<END\nx\n\n ENDx\nEND\nB=2\n", map[string]string{"A": "x\n\n ENDx", "B": "2"}, ""},
		{"no lines", "A<<END\nEND\n", map[string]string{"A": ""}, ""},
		{"an end with =", "A<<E=F\nx\nE=F", map[string]string{"A": "x"}, ""},
		{"lines of another system", "A<<END\r\nx\r\ny\r\nEND\r\n", map[string]string{"A": "x\ny"}, ""},
		{"no name", "=x\n", nil, "outputs: line 1 does not begin with the name of an output and = or <<"},
		{"no value", "A=1\n\nhush\n", map[string]string{"A": "1"}, "outputs: line 3 does not begin with the name of an output and = or <<"},
		{"no such name", "a-b=hush\n", nil, "outputs: line 1 does not begin with the name of an output and = or <<"},
		{"a long name", strings.Repeat("x", 65) + "=hush\n", nil, "outputs: line 1 does not begin with the name of an output and = or <<"},
		{"one <", "A<hush\n", nil, "outputs: line 1 is neither NAME=value nor NAME<<END"},
		{"no end is named", "A<<\nhush\n", nil, "outputs: line 1 is neither NAME=value nor NAME<<END"},
		{"no end is there", "B<<X\n1\n2\nX\nA<<END\nhush\n", map[string]string{"B": "1\n2"}, "outputs: line 5: the end of the value is missing"},
		{"nothing is there", "A<<END\n", nil, "outputs: line 1: the end of the value is missing"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := parseOutputs(test.text)
			if !maps.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if err == nil && test.err != "" || err != nil && err.Error() != test.err {
				t.Errorf("got %v, want %s", err, test.err)
			}
		})
	}
}

// What a script writes never makes the parser fail otherwise than by an error without
// values, and what it has read can be written again and read as the same.
func FuzzParseOutputs(f *testing.F) {
	for _, seed := range []string{"A=1\nB=2\n", "A<<END\nx\ny\nEND\nB=2", "A<<END\r\nx\r\nEND\r\n", "A<<\n", "=\n", "A\x00=\xff", "A<<E\nE"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		all, err := parseOutputs(text)
		if err != nil && len(err.Error()) > 100 {
			t.Errorf("a long error: %v", err)
		}
		var again strings.Builder
		for name, value := range all {
			if !outputName.MatchString(name) {
				t.Errorf("the name %q", name)
			}
			end := "END"
			for strings.Contains(value, end) {
				end += "X"
			}
			again.WriteString(name + "<<" + end + "\n")
			for line := range strings.SplitSeq(value, "\n") {
				again.WriteString(line + "\r\n")
			}
			again.WriteString(end + "\n")
		}
		if got, err := parseOutputs(again.String()); err != nil || !maps.Equal(got, all) {
			t.Errorf("%q and then %q, %v", all, got, err)
		}
	})
}
