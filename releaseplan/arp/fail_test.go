package arp

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
)

// A missing right is told with what it is missing on: of what may not be read, no more than the id
// that was asked for.
func TestMissingRights(t *testing.T) {
	on := penstock.Resource{Kind: "plan", ID: "01J", Name: "secret plan", Folder: penstock.Folder{ID: "f", Name: "DEFAULT"}}
	filed := on
	filed.Folder.Name = ""
	loose := on
	loose.Folder = penstock.Folder{}
	for want, e := range map[string]*penstock.ForbiddenError{
		"You do not have execute access right on the folder DEFAULT.":                 {Right: penstock.Execute, On: on},
		"You do not have edit access right on the folder f.":                          {Right: penstock.Edit, On: filed},
		"You do not have delete access right on the Release plan 'secret plan'.":      {Right: penstock.Delete, On: loose},
		"You do not have read access right on the Release plan 'Release Plan 12345'.": {Right: penstock.Read, On: on},
		"You do not have execute access right.":                                       {Right: penstock.Execute},
	} {
		if got := lacks(e, "12345"); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
	if got := lacks(&penstock.ForbiddenError{Right: penstock.Read, On: on}, strings.Repeat("x", 9000)); len(got) > 300 {
		t.Errorf("%d bytes are repeated", len(got))
	}
}

// Details tell every fault, and of a refusal what it waits for.
func TestDetails(t *testing.T) {
	for want, err := range map[string]error{
		"a: is bad; b: is worse":               errors.Join(penstock.Invalid("a", "is bad"), penstock.Invalid("b", "is worse")),
		"needs an approval and an open window": &penstock.RefusedError{Action: "execute", State: "draft", Needs: []string{"an approval", "an open window"}},
		"needs content without faults; variables.a: refers to the unknown variable \"b\"": &penstock.RefusedError{Action: "execute", State: "draft", Needs: []string{"content without faults"},
			Err: penstock.Invalid("variables.a", "refers to the unknown variable %q", "b")},
		"cannot edit while running (can pause)": &penstock.RefusedError{Action: "edit", State: "running", Allowed: []string{"pause"}},
		"a plan with the name already exists":   fmt.Errorf("a plan with the name %w", penstock.ErrExists),
	} {
		if got := details(err); got != want {
			t.Errorf("%q\nwant %q", got, want)
		}
	}
}

// Errors that no operation has words for: what went wrong on this side is told to nobody.
func TestWordsOfErrors(t *testing.T) {
	for name, row := range map[string]struct {
		err    error
		status int
		want   failure
	}{
		"inside":     {errors.New("dial tcp 10.0.0.1: refused"), 500, failure{Code: codeGeneric, Error: "Internal Server Error"}},
		"too late":   {fmt.Errorf("store at 10.0.0.1: %w", context.DeadlineExceeded), 503, failure{Code: codeGeneric, Error: "Service Unavailable"}},
		"a conflict": {fmt.Errorf("plan 01J: %w", penstock.ErrConflict), 409, failure{Code: codeGeneric, Error: "The object was changed by someone else."}},
		"forbidden":  {fmt.Errorf("the actor is a secret: %w", penstock.ErrForbidden), 403, failure{Code: codeForbidden, Error: "You do not have access."}},
		"nobody":     {rest.ErrUnauthorized, 401, failure{Code: codeGeneric, Error: "nobody known asks"}},
		"parameters": {errors.Join(&rest.ParamError{Name: "p1", Value: "x", Why: "is not known"}, &rest.ParamError{Name: "q", Why: "is required"}), 400,
			failure{Code: codeGeneric, Error: "Invalid value for parameter p1: 'x'", Details: "p1: is not known; q: is required"}},
	} {
		got := words(row.err)
		if diff := cmp.Diff(row.want, got.body); diff != "" || got.status != row.status || !errors.Is(got, row.err) {
			t.Errorf("%s: status %d, want %d: -want +got:\n%s", name, got.status, row.status, diff)
		}
	}
	if http.StatusText(words(rest.ErrNoRoute).status) != "Not Found" {
		t.Error("what is not there is not found")
	}
}
