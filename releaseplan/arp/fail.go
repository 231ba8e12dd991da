package arp

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/excerpt"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// A failure is the body of every answer that is an error.
type failure struct {
	Code    int    `json:"code" doc:"what kind of error it is"`
	Error   string `json:"error" doc:"what is wrong"`
	Details string `json:"details" doc:"every fault, if there is more to say"`
}

// The codes of failures.
const (
	codeGeneric    = 134541 // bad parameters and data, and things that do not exist
	codeNotCreated = 134511
	codeNotAllowed = 100014 // an action, in the state that the plan is in
	codeForbidden  = 1000
	codeNoPlan     = 100001 // asked of an action
	codeInactive   = 100017 // an owner
)

// A failed is an error with the words of this dialect.
type failed struct {
	status int
	body   failure
	err    error
}

func (e *failed) Error() string { return e.body.Error }
func (e *failed) Unwrap() error { return e.err }

// A wording is how an operation says what went wrong.
type wording struct {
	action  string // how it is called where a state refuses it
	missing failure
	invalid failure
}

// The wordings of what is documented. %s is the id that was asked for.
var (
	noObject  = failure{Code: codeGeneric, Error: "Object does not exist."}
	noID      = failure{Code: codeGeneric, Error: "Object with id '%s' does not exist."}
	noneToDel = failure{Code: codeGeneric, Error: "object with id '%s' does not exist."}
	noPlan    = failure{Code: codeNoPlan, Error: "The release plan with ID %s does not exist"}
	badData   = failure{Code: codeGeneric, Error: "Invalid data"}
	badPlan   = failure{Code: codeNotCreated, Error: "Invalid data: Release plan cannot be created."}
	badName   = failure{Code: codeGeneric, Error: "Invalid variable name"}
	referred  = failure{Code: codeGeneric, Error: "object cannot be deleted because it is still referenced by another entity"}
	inactive  = failure{Code: codeInactive, Error: "Inactive user or user group cannot act as plan owner."}
)

// about fills in the id that was asked for.
func (f failure) about(id string) failure {
	if strings.Contains(f.Error, "%s") {
		f.Error = fmt.Sprintf(f.Error, excerpt.Line(id, 64))
	}
	return f
}

// missing says that a phase or task does not exist.
func missing(id string) error {
	return &failed{http.StatusNotFound, noID.about(id), penstock.ErrNotFound}
}

// say puts an error of the operation into its words. What is nobody's fault there stays as it is.
func (w wording) say(r *request, err error) error {
	var own *failed
	var param *rest.ParamError
	var forbidden *penstock.ForbiddenError
	var refused *penstock.RefusedError
	switch {
	case err == nil || errors.As(err, &own) || errors.As(err, &param) || rest.KeyReused(err):
		return err
	case errors.As(err, &forbidden):
		return &failed{http.StatusForbidden, failure{Code: codeForbidden, Error: lacks(forbidden, r.Path("id"))}, err}
	case errors.Is(err, penstock.ErrNotFound):
		return &failed{http.StatusNotFound, w.missing.about(r.Path("id")), err}
	case errors.As(err, &refused):
		body := failure{Code: codeNotAllowed, Details: details(err)}
		body.Error = fmt.Sprintf("The action '%s' is not allowed on '%s' in its current state %s.", w.action, r.subject(), r.stateWord())
		return &failed{http.StatusBadRequest, body, err}
	case errors.Is(err, penstock.ErrInvalid), errors.Is(err, penstock.ErrExists):
		body := w.invalid
		body.Details = details(err)
		return &failed{http.StatusBadRequest, body, err}
	default:
		return err
	}
}

// lacks tells which right is missing. Of a plan that somebody may not read it tells no more than
// the id that they asked for.
func lacks(e *penstock.ForbiddenError, id string) string {
	on := "folder " + e.On.Folder.Name
	switch {
	case e.Right == penstock.Read:
		on = "Release plan 'Release Plan " + excerpt.Line(id, 64) + "'"
	case e.On.Folder.Name == "" && e.On.Folder.ID != "":
		on = "folder " + e.On.Folder.ID
	case e.On == (penstock.Resource{}): // the Authorizer leaves it out
		return fmt.Sprintf("You do not have %s access right.", e.Right)
	case e.On.Folder.Name == "":
		on = "Release plan '" + e.On.Name + "'"
	}
	return fmt.Sprintf("You do not have %s access right on the %s.", e.Right, on)
}

// details tells every fault.
func details(err error) string {
	var refused *penstock.RefusedError
	var frozen *releaseplan.FrozenError
	faults := penstock.Faults(err)
	var all []string
	switch {
	case errors.As(err, &refused) && len(refused.Needs) > 0:
		all = append(all, "needs "+strings.Join(refused.Needs, " and "))
	case errors.As(err, &refused) || len(faults) == 0 && !errors.As(err, &frozen):
		all = append(all, err.Error())
	}
	if errors.As(err, &frozen) { // which calendars are closed, and until when
		all = append(all, frozen.Error())
	}
	for i, f := range faults {
		if i == rest.MaxFaults {
			all = append(all, fmt.Sprintf("there are %d more faults", len(faults)-i))
			break
		}
		all = append(all, f.Error())
	}
	return strings.Join(all, "; ")
}

// fail writes an error.
func fail(c *rest.Call, err error) {
	var own *failed
	if !errors.As(err, &own) {
		own = words(err)
	}
	_ = c.JSON(own.status, own.body)
}

// words are those for an error for which an operation has none of its own.
func words(err error) *failed {
	status := rest.Status(err)
	body := failure{Code: codeGeneric, Error: http.StatusText(status)}
	var param *rest.ParamError
	switch {
	case status >= http.StatusInternalServerError: // what went wrong here is nobody's business there
	case errors.As(err, &param):
		body.Error = fmt.Sprintf("Invalid value for parameter %s: '%s'", excerpt.Line(param.Name, 64), excerpt.Line(param.Value, 64))
		body.Details = details(err)
	case errors.Is(err, penstock.ErrForbidden):
		body = failure{Code: codeForbidden, Error: "You do not have access."}
	case errors.Is(err, penstock.ErrConflict):
		body.Error = "The object was changed by someone else."
	default:
		body.Error = err.Error()
	}
	return &failed{status, body, err}
}
