package unleash

import (
	"errors"
	"net/http"

	"github.com/google/uuid"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/template"
)

// A failure is the body of every answer that is an error.
type failure struct {
	ID      string   `json:"id" format:"uuid" doc:"of this failure, to find it again"`
	Name    string   `json:"name" doc:"the kind of error"`
	Message string   `json:"message" doc:"what is wrong"`
	Details []detail `json:"details,omitempty" doc:"every fault"`
}

// A detail is one fault.
type detail struct {
	Message string `json:"message"`
	Path    string `json:"path,omitempty" doc:"/body/milestones/0/name"`
}

// The names of failures.
const (
	nameBadData      = "BadDataError"
	nameLimit        = "ExceedsLimitError"
	nameRequired     = "AuthenticationRequired"
	nameUnauthorized = "UnauthorizedError"
	namePermission   = "PermissionError"
	nameOperation    = "InvalidOperationError"
	nameNotFound     = "NotFoundError"
	nameExists       = "NameExistsError"
	nameConflict     = "ConflictError"
	nameKeyReused    = "IdempotencyKeyReusedError"
	nameContentType  = "ContentTypeError"
	nameTooLarge     = "PayloadTooLargeError"
	nameMethod       = "NotImplementedError"
	nameInternal     = "InternalError"
	nameUnavailable  = "UnavailableError"
)

// A failed is an error with the words of this dialect.
type failed struct {
	status int
	body   failure
	err    error
}

func (e *failed) Error() string { return e.body.Message }
func (e *failed) Unwrap() error { return e.err }

// fail writes an error.
func fail(c *rest.Call, err error) {
	if client, ok := errors.AsType[*clientError](err); ok {
		_ = c.JSON(http.StatusUnauthorized, clientFailure{client.Error()})
		return
	}
	var own *failed
	if !errors.As(err, &own) {
		own = words(c, err)
	}
	body := own.body
	body.ID = uuid.NewString()
	_ = c.JSON(own.status, body)
}

// words are those for an error for which an operation has none of its own.
func words(c *rest.Call, err error) *failed {
	status := rest.Status(err)
	names := map[int]string{
		http.StatusBadRequest: nameBadData, http.StatusForbidden: namePermission, http.StatusNotFound: nameNotFound,
		http.StatusMethodNotAllowed: nameMethod, http.StatusRequestEntityTooLarge: nameTooLarge, http.StatusUnsupportedMediaType: nameContentType,
		http.StatusConflict: nameConflict, http.StatusServiceUnavailable: nameUnavailable,
	}
	out := &failed{status: status, err: err, body: failure{Name: names[status], Message: err.Error()}}
	switch {
	case status == http.StatusUnauthorized && c.R.Header.Get("Authorization") == "":
		out.body.Name = nameRequired
		out.body.Message = "You must log in to use Unleash. Your request had no authorization header, so we could not authorize you. Try logging in at /auth/simple/login."
	case status == http.StatusUnauthorized:
		out.body.Name = nameUnauthorized
		out.body.Message = "The token in the authorization header is not valid."
	case status >= http.StatusInternalServerError: // what went wrong here is nobody's business there
		if out.body.Name == "" {
			out.body.Name = nameInternal
		}
		out.body.Message = http.StatusText(status)
	case status == http.StatusForbidden:
		out.body.Message = denied(err)
	case rest.KeyReused(err):
		out.body.Name = nameKeyReused
	case errors.Is(err, penstock.ErrExists):
		out.body.Name = nameExists
	case isLimit(err):
		out.status, out.body.Name = http.StatusBadRequest, nameLimit
	case errors.As(err, new(*rollout.InUseError)): // it stays a 409
	case errors.Is(err, penstock.ErrRefused):
		out.status, out.body.Name = http.StatusForbidden, nameOperation
	case errors.Is(err, penstock.ErrInvalid):
		out.body.Details = details(err)
	}
	return out
}

// denied says which right is missing, and not on what: its name may be nobody else's business.
func denied(err error) string {
	if e, ok := errors.AsType[*penstock.ForbiddenError](err); ok && e.Right != "" {
		return "no " + string(e.Right) + " right"
	}
	return "forbidden"
}

// details are the faults of an error, with paths as JSON pointers have them.
func details(err error) []detail {
	var all []detail
	faults := penstock.Faults(err)
	for _, f := range faults[:min(len(faults), rest.MaxFaults+1)] {
		all = append(all, detail{Message: f.Why, Path: pointer(f.Field)})
	}
	return all
}

// pointer returns milestones[0].name as /body/milestones/0/name.
func pointer(field string) string {
	if field == "" {
		return ""
	}
	path := []byte("/body/")
	for i := range len(field) {
		switch field[i] {
		case '.', '[':
			path = append(path, '/')
		case ']':
		default:
			path = append(path, field[i])
		}
	}
	return string(path)
}

// isLimit reports whether there is as much of something as there may be.
func isLimit(err error) bool {
	var templates *template.LimitError
	var records *rollout.LimitError
	return errors.As(err, &templates) || errors.As(err, &records)
}
