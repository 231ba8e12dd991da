package panics_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/internal/panics"
)

func ExampleTry() {
	err := panics.Try(func() error {
		var handlers map[string]func() error
		return handlers["deploy"]()
	})
	fmt.Println(err)
	// Output: it panicked: runtime error: invalid memory address or nil pointer dereference
}

func TestTry(t *testing.T) {
	broken := errors.New("broken")
	for _, c := range []struct {
		rule  string
		f     func() error
		want  string
		crash bool
	}{
		{"nothing goes wrong", func() error { return nil }, "<nil>", false},
		{"an error", func() error { return broken }, "broken", false},
		{"a panic with a text", func() error { panic("away") }, "it panicked: away", true},
		{"a panic with an error", func() error { panic(broken) }, "it panicked: broken", true},
	} {
		err := panics.Try(c.f)
		crash, ok := errors.AsType[*panics.Error](err)
		if fmt.Sprint(err) != c.want || ok != c.crash {
			t.Errorf("%s: %v, %t", c.rule, err, ok)
		}
		if ok && !strings.Contains(string(crash.Stack), "panics_test.go") {
			t.Errorf("%s: the stack does not show where: %s", c.rule, crash.Stack)
		}
	}
}
