package workflow_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/workflow"
)

func TestMask(t *testing.T) {
	for _, row := range []struct {
		rule       string
		secrets    []string
		text, want string
	}{
		{"no secrets", nil, "a text", "a text"},
		{"none in the text", []string{"hunter2"}, "a text, hunter", "a text, hunter"},
		{"alone", []string{"hunter2"}, "hunter2", "***"},
		{"in a text", []string{"hunter2"}, "pass=hunter2;", "pass=***;"},
		{"twice", []string{"hunter2"}, "hunter2 hunter2", "*** ***"},
		{"one after the other: one mask", []string{"hunter2", "abc"}, "<hunter2abchunter2>", "<***>"},
		{"the longest first", []string{"hunter", "hunter2"}, "hunter2 hunter", "*** ***"},
		{"overlapping ones", []string{"abcd", "cdef"}, "xabcdefx", "x***x"},
		{"one inside another", []string{"abcdef", "cde"}, "abcdef cde abcde", "*** *** ab***"},
		{"one that overlaps itself", []string{"aba"}, "ababax", "***x"},
		{"empty and short ones are passed over", []string{"", "1", "ab"}, "1 ab", "1 ab"},
		{"three bytes", []string{"abc"}, "ab abc", "ab ***"},
		{"white space around it", []string{" hunter2\n"}, "<hunter2>< hunter2\n>", "<***><***>"},
		{"blanks are masked as they are, and hide no others", []string{"   ", " \t\n"}, "<   >< ><ICAg>", "<***>< ><***>"},
		{"a letter in blanks", []string{" a "}, "< a ><a><YQ==>", "<***><a><YQ==>"},
		{"lines", []string{"first line\r\n  second line\n\nab\n"}, "first line and second line, ab", "*** and ***, ab"},
		{"all lines at once", []string{"first line\nsecond line"}, "<first line\nsecond line>", "<***>"},
		{"not UTF-8", []string{"\xff\xfe\xfd"}, "a\xff\xfe\xfdb\xff", "a***b\xff"},
		{"bytes of zero", []string{"\x00\x00\x00"}, "a\x00\x00\x00\x00b\x00\x00", "a***b\x00\x00"},
	} {
		t.Run(row.rule, func(t *testing.T) {
			if got := workflow.NewMasker(row.secrets...).Mask(row.text); got != row.want {
				t.Errorf("got %q, want %q", got, row.want)
			}
		})
	}
}

func TestMaskFindsOtherWaysToWriteASecret(t *testing.T) {
	const secret = `p@ss "w/ö+rd'\<1>?` + "\t!"
	asJSON, _ := json.Marshal(secret)
	var plainJSON bytes.Buffer
	e := json.NewEncoder(&plainJSON)
	e.SetEscapeHTML(false)
	_ = e.Encode(secret)
	query := url.QueryEscape(secret)
	m := workflow.NewMasker(secret)
	for form, text := range map[string]string{
		"itself":           secret,
		"JSON":             strings.Trim(string(asJSON), `"`),
		"JSON, < as it is": strings.TrimSuffix(strings.TrimPrefix(plainJSON.String(), `"`), "\"\n"),
		"Go":               strings.TrimSuffix(strings.TrimPrefix(strconv.Quote(secret), `"`), `"`),
		"shell":            strings.ReplaceAll(secret, "'", `'\''`),
		"query":            query,
		"query, lower":     lowerHex(query),
		"path":             url.PathEscape(secret),
		"browser":          strings.NewReplacer("+", "%20", "%21", "!", "%27", "'").Replace(query),
		"base64":           base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 raw":       base64.RawStdEncoding.EncodeToString([]byte(secret)),
		"base64 URL":       base64.URLEncoding.EncodeToString([]byte(secret)),
		"base64 raw URL":   base64.RawURLEncoding.EncodeToString([]byte(secret)),
	} {
		if got := m.Mask("<" + text + ">"); got != "<***>" {
			t.Errorf("%s: %q became %q", form, text, got)
		}
	}
}

func lowerHex(s string) string {
	for _, c := range "ABCDEF" {
		for _, d := range "0123456789ABCDEF" {
			s = strings.ReplaceAll(s, fmt.Sprintf("%%%c%c", c, d), strings.ToLower(fmt.Sprintf("%%%c%c", c, d)))
			s = strings.ReplaceAll(s, fmt.Sprintf("%%%c%c", d, c), strings.ToLower(fmt.Sprintf("%%%c%c", d, c)))
		}
	}
	return s
}

// Whatever stands before and behind a secret, what base64 makes of it is masked,
// but for the characters that it shares with its neighbours.
func TestMaskFindsBase64InBase64(t *testing.T) {
	const secret = "hunter2-hunter3"
	m := workflow.NewMasker(secret)
	for before := range 7 {
		for behind := range 7 {
			text := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("u", before) + secret + strings.Repeat("z", behind)))
			got := m.Mask(text)
			kept := len(strings.ReplaceAll(got, workflow.Masked, ""))
			if limit := (before*4+2)/3 + (behind*4+2)/3 + 4; !strings.Contains(got, workflow.Masked) || kept > limit {
				t.Errorf("%d before, %d behind: %s became %s", before, behind, text, got)
			}
		}
	}
}

func TestMaskFindsLongSecretsInLines(t *testing.T) {
	var secret strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&secret, "%x", i*i)
	}
	m := workflow.NewMasker(secret.String())
	if got := m.Mask("<" + secret.String() + ">"); got != "<***>" {
		t.Errorf("itself: %.100q", got)
	}
	for _, width := range []int{64, 76} {
		text := base64.StdEncoding.EncodeToString([]byte(secret.String()))
		var lines []string
		for chunk := range slices.Chunk([]byte(text), width) {
			lines = append(lines, string(chunk))
		}
		got := strings.Split(m.Mask(strings.Join(lines, "\n")), "\n")
		for i, line := range got {
			if line != workflow.Masked {
				t.Errorf("base64 in lines of %d: line %d is %q", width, i, line)
			}
		}
	}
}

// A long secret is found by parts; one too short to be looked for by itself goes
// with what is before it.
func TestMaskFindsSecretsOfEveryLength(t *testing.T) {
	letters := strings.Repeat("abcdefghijklmnopqrstuvwxyz#", 8)
	for n := workflow.MinSecret; n <= len(letters); n++ {
		m := workflow.NewMasker(letters[:n])
		if got := m.Mask("<" + letters[:n] + ">"); got != "<***>" {
			t.Errorf("%d bytes: %q", n, got)
		}
		for short := range workflow.MinSecret {
			if got := m.Mask(letters[n-short : n]); got == workflow.Masked {
				t.Errorf("%d bytes: the last %d alone are masked", n, short)
			}
		}
	}
}

func TestANilMaskerMasksNothing(t *testing.T) {
	var m *workflow.Masker
	var out bytes.Buffer
	w := m.Writer(&out)
	_, _ = io.WriteString(w, "text")
	if err := w.Close(); err != nil || out.String() != "text" || m.Mask("text") != "text" || m.String() != "masker of 0 secrets" {
		t.Errorf("%q, %v, %s", out.String(), err, m)
	}
}

func TestMaskersPrintNoSecret(t *testing.T) {
	m := workflow.NewMasker("hunter2", "hunter2", "s3cret", "x")
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(format, m); got != "masker of 2 secrets" {
			t.Errorf("%s: %s", format, got)
		}
	}
	if text, err := json.Marshal(map[string]any{"masker": m}); err != nil || string(text) != `{"masker":{}}` {
		t.Errorf("%s, %v", text, err)
	}
}

// With every way to cut a text in three, the writer writes what Mask returns.
func TestMaskWriterFindsSecretsThatAreSplit(t *testing.T) {
	m := workflow.NewMasker("hunter2", "2hunt", "abcabd", "two\nlines", strings.Repeat("long", 40))
	for _, text := range []string{
		"<hunter2>", "hunter2hunter2hunt", "abcabcabd", "hunter 2hunter2", "two\nlines, two, lines\n", "xx" + strings.Repeat("long", 41), "hunter", "", "2hun",
	} {
		want := m.Mask(text)
		for i := range len(text) + 1 {
			for j := i; j <= len(text); j++ {
				var out bytes.Buffer
				w := m.Writer(&out)
				for _, part := range []string{text[:i], text[i:j], text[j:]} {
					if n, err := io.WriteString(w, part); n != len(part) || err != nil {
						t.Fatal(n, err)
					}
				}
				if err := w.Close(); err != nil || out.String() != want {
					t.Fatalf("%q cut at %d and %d: got %q, %v; want %q", text, i, j, out.String(), err, want)
				}
			}
		}
	}
}

func TestMaskWriterHoldsBackOnlyWhatMayBeASecret(t *testing.T) {
	var out bytes.Buffer
	w := workflow.NewMasker("hunter2").Writer(&out)
	for _, row := range []struct{ write, want string }{
		{"progress 50%", "progress 50%"}, {"\n", "progress 50%\n"}, {"h", "progress 50%\n"}, {"unte", "progress 50%\n"}, {"d", "progress 50%\nhunted"},
		{" hunter", "progress 50%\nhunted "}, {"2", "progress 50%\nhunted ***"}, {"!", "progress 50%\nhunted ***!"},
	} {
		_, _ = io.WriteString(w, row.write)
		if out.String() != row.want {
			t.Errorf("after %q: %q, want %q", row.write, out.String(), row.want)
		}
	}
}

func TestMaskWriterTellsErrors(t *testing.T) {
	full := errors.New("disk full")
	w := workflow.NewMasker("hunter2").Writer(&failing{err: full})
	if _, err := io.WriteString(w, "hunt"); err != nil {
		t.Errorf("held back: %v", err)
	}
	if err := w.Close(); !errors.Is(err, full) {
		t.Errorf("close: %v", err)
	}
	for _, m := range []*workflow.Masker{nil, workflow.NewMasker("hunter2")} {
		w := m.Writer(&failing{err: full})
		for range 2 {
			if n, err := io.WriteString(w, "text"); n != 0 || !errors.Is(err, full) {
				t.Errorf("got %d, %v", n, err)
			}
		}
		if err := w.Close(); !errors.Is(err, full) {
			t.Errorf("close: %v", err)
		}
		w = m.Writer(io.Discard)
		if err := errors.Join(w.Close(), w.Close()); err != nil {
			t.Errorf("close twice: %v", err)
		}
		if _, err := io.WriteString(w, "text"); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("after close: %v", err)
		}
	}
}

func TestMaskWriterWritesNothingAfterAnError(t *testing.T) {
	below := &failing{err: errors.New("disk full")}
	w := workflow.NewMasker("hunter2").Writer(below)
	_, _ = io.WriteString(w, "text hunt")
	_, _ = io.WriteString(w, "er")
	if _ = w.Close(); below.writes != 1 {
		t.Errorf("%d writes", below.writes)
	}
}

type failing struct {
	err    error
	writes int
}

func (f *failing) Write([]byte) (int, error) {
	f.writes++
	return 0, f.err
}

func TestMaskersAreSafeForConcurrentUse(t *testing.T) {
	m := workflow.NewMasker("hunter2")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			var out bytes.Buffer
			w := m.Writer(&out)
			for range 100 {
				_, _ = io.WriteString(w, "<hunter2>")
				m.Mask("hunter2")
			}
			if want := strings.Repeat("<***>", 100); w.Close() != nil || out.String() != want {
				t.Errorf("got %q", out.String())
			}
		})
	}
	wg.Wait()
}

func TestMaskWriterDoesNotAllocate(t *testing.T) {
	w := workflow.NewMasker(benchSecrets...).Writer(io.Discard)
	line := []byte("building module github.com/example with " + benchSecrets[0] + "\n")
	if n := testing.AllocsPerRun(100, func() { _, _ = w.Write(line) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSpecSecrets(t *testing.T) {
	spec := `{"envs":[{"key":"A","value":"a-secret","is_credential":true},{"key":"B","value":"open","is_credential":false},{"key":"C","value":"","default":"d-secret","is_credential":true}],
		"plugin":{"inputs":[{"name":"M","type":"multi-select","choice_value":["m1","m2"],"is_credential":true},{"name":"S","type":"secret","value":"s-secret"}]},
		"repos":[{"oauth_token":"o-secret"},{"oauth_token":"a-secret"}],"value":"open","type":"secret ","n":[1,null]}`
	want := []string{"a-secret", "d-secret", "m1", "m2", "o-secret", "s-secret"}
	if diff := cmp.Diff(want, workflow.SpecSecrets(json.RawMessage(spec))); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := workflow.SpecSecrets(json.RawMessage(`{`)); got != nil {
		t.Errorf("no JSON: %q", got)
	}
}

func TestSecretsOfARun(t *testing.T) {
	r := &workflow.RunVariables{Project: "p", Params: []workflow.Param{
		{Name: "b", Type: workflow.SecretParam, Value: "b-secret"}, {Name: "a", Type: workflow.StringParam, Secret: true, Default: "a-secret"}, {Name: "again", Secret: true, Value: "a-secret"},
		{Name: "open", Type: workflow.StringParam, Value: "open"}, {Name: "unset", Type: workflow.SecretParam}, {Name: "derived", Secret: true, Source: workflow.FromReference, Value: "{{.project}}-x"}}}
	if diff := cmp.Diff([]string{"a-secret", "b-secret", "p-x"}, r.Secrets()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// What a reader of the spec takes for a secret is one, whatever else is in it.
func TestSecretsBesideOddThings(t *testing.T) {
	for _, spec := range []string{
		`{"n":1e999,"envs":[{"key":"a","value":"hunter2","is_credential":true}]}`,
		`{"envs":[{"Key":"a","Value":"hunter2","Is_Credential":true}]}`,
		`{"repos":[{"OAUTH_TOKEN":"hunter2"}]}`,
	} {
		if got := workflow.SpecSecrets([]byte(spec)); len(got) != 1 || got[0] != "hunter2" {
			t.Errorf("%s: %q", spec, got)
		}
	}
}
