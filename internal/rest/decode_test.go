package rest_test

import (
	"testing"

	"github.com/penstock-go/penstock/internal/rest"
)

// TestMembersInOtherLetters: a place can be written in letters of another case, as in encoding/json,
// and then only once: another reader would take the other one.
func TestMembersInOtherLetters(t *testing.T) {
	type part struct {
		Name string `json:"name"`
	}
	type loose struct {
		Name string   `json:"name"`
		_    struct{} `open:"true"`
	}
	type whole struct {
		Name  string `json:"name"`
		Parts []part `json:"parts"`
		Loose *loose `json:"loose"`
	}
	for _, row := range []struct {
		text string
		open bool
		want string
	}{
		{`{"NAME":"a"}`, false, ""},
		{`{"name":"a","NAME":"b"}`, false, "name: is there twice"},
		{`{"name":"a","NAME":"b"}`, true, "name: is there twice"},
		{`{"parts":[{"name":"a"},{"Name":"b","name":"c"}]}`, false, "parts[1].name: is there twice"},
		{`{"parts":[{"Name":"b","name":"c","x":1}]}`, true, "parts[0].name: is there twice"},
		{`{"loose":{"name":"a","x":1,"X":2}}`, false, ""}, // what has no place is nobody's
		{`{"loose":{"name":"a","Name":"b"}}`, false, "loose.name: is there twice"},
		{`{"name":"a","x":1}`, false, "x: is not known"},
		{`{"name":"a","x":1}`, true, ""},
	} {
		var got string
		if err := rest.Decode([]byte(row.text), &whole{}, row.open); err != nil {
			got = err.Error()
		}
		if got != row.want {
			t.Errorf("%s: %q, want %q", row.text, got, row.want)
		}
	}
}
