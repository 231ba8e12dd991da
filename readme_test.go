package penstock_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/releaseplan"
)

// The README shows what the code says: its program is the package's Example, its
// diagram the table that is enforced.
func TestReadme(t *testing.T) {
	readme := read(t, "README.md")
	if diff := cmp.Diff(releaseplan.Diagram(), block(readme, "```mermaid\n")); diff != "" {
		t.Errorf("the diagram of the README is not that of the code (-code +README):\n%s", diff)
	}
	example := read(t, "example_test.go")
	_, body, _ := strings.Cut(example, "func Example() {\n")
	program, output, _ := strings.Cut(body, "\t// Output:\n")
	if diff := cmp.Diff(unindented(program, "\t"), block(readme, "```go\n")); diff != "" {
		t.Errorf("the program of the README is not the Example (-Example +README):\n%s", diff)
	}
	if diff := cmp.Diff(unindented(strings.TrimSuffix(output, "}\n"), "\t// "), block(readme, "```text\n")); diff != "" {
		t.Errorf("the output in the README is not that of the Example (-Example +README):\n%s", diff)
	}
	for _, command := range []string{"go run ./examples/quickstart", "go test work"} {
		if !strings.Contains(block(readme, "```sh\n"), command+"\n") {
			t.Errorf("the README does not tell to run %q", command)
		}
	}
}

// block returns the first fenced block that begins with fence.
func block(doc, fence string) string {
	_, rest, _ := strings.Cut(doc, "\n"+fence)
	text, _, _ := strings.Cut(rest, "```")
	return text
}

func unindented(text, indent string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(strings.TrimPrefix(line, indent))
	}
	return b.String()
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
