package zadig

import (
	"errors"
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
)

// A failure is the body of every answer that is an error.
type failure struct {
	Code        int             `json:"code" doc:"the status, or what could not be done"`
	Description string          `json:"description" doc:"why"`
	Extra       *map[string]any `json:"extra,omitempty" doc:"nothing; not there in an internal error"`
	Message     string          `json:"message" doc:"what the code says"`
	Type        string          `json:"type,omitempty" enum:"error"`
}

// A code says what could not be done. Those that are no HTTP status are answered with 400.
type code struct {
	number  int
	message string
}

// The codes of failures.
var (
	codeBadRequest     = code{http.StatusBadRequest, "Bad Request"}
	codeUnauthorized   = code{http.StatusUnauthorized, "Unauthorized"}
	codeForbidden      = code{http.StatusForbidden, "Forbidden"}
	codeNotFound       = code{http.StatusNotFound, "Not Found"}
	codeKeyReused      = code{http.StatusUnprocessableEntity, "Unprocessable Entity"}
	codeConflict       = code{http.StatusConflict, "Conflict"}
	codeCreateTask     = code{6160, "Create workflow task failed"}
	codeGetTask        = code{6161, "Get workflow task failed"}
	codeListTasks      = code{6162, "List workflow tasks failed"}
	codeCancelTask     = code{6163, "Cancel workflow task failed"}
	codeRetryTask      = code{6164, "Retry workflow task failed"}
	codeApproveTask    = code{6169, "Approve workflow task failed"}
	codeUpsertWorkflow = code{6540, "Create or update workflow failed"}
	codeListWorkflows  = code{6541, "List workflows failed"}
	codeFindWorkflow   = code{6542, "Find workflow failed"}
	codeDeleteWorkflow = code{6543, "Delete workflow failed"}
	codeLintWorkflow   = code{6545, "Lint workflow failed"}
	codeListViews      = code{6891, "List workflow views failed"}
	codeCreateView     = code{6892, "Create workflow view failed"}
	codeUpdateView     = code{6893, "Update workflow view failed"}
	codeDeleteView     = code{6894, "Delete workflow view failed"}
	codeCreateTicket   = code{7100, "Create approval ticket failed"}
	codeListTickets    = code{7101, "List approval tickets failed"}
)

// noDocuments is how that system says that there is no such thing.
const noDocuments = "mongo: no documents in result"

// A failed is an error with the words of this dialect.
type failed struct {
	code code
	why  string // empty: what err says
	err  error

	// internal errors are told as that system tells those that it has no code for.
	internal bool
}

func (e *failed) Error() string {
	if e.why != "" {
		return e.why
	}
	return e.err.Error()
}

func (e *failed) Unwrap() error { return e.err }

// failing says that an operation could not do what it is for. Who may not do it, a conflict, and
// what went wrong on this side stay what they are.
func (c code) failing(err error) error {
	var own *failed
	if err == nil || errors.As(err, &own) || rest.KeyReused(err) {
		return err
	}
	switch status := rest.Status(err); {
	case status >= http.StatusInternalServerError, errors.Is(err, penstock.ErrForbidden), errors.Is(err, penstock.ErrConflict):
		return err
	case errors.Is(err, penstock.ErrNotFound):
		return &failed{code: c, why: noDocuments, err: err}
	default:
		return &failed{code: c, err: err}
	}
}

// missing says that there is no such thing, as that system does where it has no code for it.
func missing(err error) error {
	if errors.Is(err, penstock.ErrNotFound) {
		return &failed{code: code{http.StatusInternalServerError, "Internal Error: "}, why: noDocuments, err: err, internal: true}
	}
	return err
}

// fail writes an error.
func fail(c *rest.Call, err error) {
	var own *failed
	if !errors.As(err, &own) {
		own = words(err)
	}
	status := http.StatusBadRequest
	if own.code.number < 600 {
		status = own.code.number
	}
	body := failure{Code: own.code.number, Message: own.code.message, Description: own.Error()}
	if !own.internal {
		body.Extra, body.Type = &map[string]any{}, "error"
	}
	_ = c.JSON(status, body)
}

// words are those for an error for which an operation has none of its own.
func words(err error) *failed {
	switch status := rest.Status(err); status {
	case http.StatusUnauthorized:
		return &failed{code: codeUnauthorized, err: err}
	case http.StatusForbidden:
		return &failed{code: codeForbidden, why: denied(err), err: err}
	case http.StatusNotFound:
		return &failed{code: codeNotFound, err: err}
	case http.StatusBadRequest:
		return &failed{code: codeBadRequest, err: err}
	case http.StatusUnprocessableEntity:
		return &failed{code: codeKeyReused, err: err}
	case http.StatusConflict:
		if errors.Is(err, penstock.ErrRefused) { // it is the state that says no, not somebody else
			return &failed{code: codeBadRequest, err: err}
		}
		return &failed{code: codeConflict, err: err}
	case http.StatusInternalServerError: // what went wrong here is nobody's business there
		return &failed{code: code{status, "Internal Error: "}, why: "internal error", err: err, internal: true}
	default:
		return &failed{code: code{status, http.StatusText(status)}, why: http.StatusText(status), err: err}
	}
}

// denied says which right is missing, and not on what: its name may be nobody else's business.
func denied(err error) string {
	var e *penstock.ForbiddenError
	if errors.As(err, &e) && e.Right != "" {
		return "no " + string(e.Right) + " right"
	}
	return "forbidden"
}
