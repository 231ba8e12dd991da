package zadig

import (
	_ "embed"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/workflow"
)

// Config is what a Handler needs to know. Who is required, and Plans or Workflows.
type Config struct {
	Plans     *releaseplan.Service // nil: the operations of plans are not there
	Workflows *workflow.Service    // nil: those of workflows, tasks, views and tickets are not there

	// Who says who asks, by a token or whatever else the request brings. Every error of it is
	// answered with 401, and told to nobody. Without it every request is.
	Who func(*http.Request) (penstock.Actor, error)

	// Directory knows the people. It is to be that of the plans and workflows. Default: penstock.Trust.
	Directory penstock.Directory

	// Callbacks hear the systems in which approvals are given, by kind: those of
	// package approval/lark and approval/dingtalk, for instance. POST requests to
	// /api/callback/approval/{kind} are theirs, of at most 1 MiB. They find out by themselves
	// who sends them: no token is asked for. Default: none.
	Callbacks map[approval.Kind]http.Handler

	// WorkflowKind is the kind of the plans' tasks that start a workflow: see package
	// releaseplan/runs. Default: "workflow".
	WorkflowKind string

	MaxBody int64            // bytes of a request; default: 8 MiB, since definitions are large
	Log     *slog.Logger     // of failures that are not the caller's; default: none
	Now     func() time.Time // default: time.Now
}

// Handler returns what serves the operations, and their OpenAPI description at
// /openapi/openapi.json. Their paths begin with /openapi/ and /api/. It is safe for concurrent use.
func Handler(cfg Config) http.Handler {
	if cfg.Directory == nil {
		cfg.Directory = penstock.Trust{}
	}
	if cfg.WorkflowKind == "" {
		cfg.WorkflowKind = "workflow"
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = 8 << 20
	}
	var all []rest.Operation[*api]
	if cfg.Plans != nil {
		all = append(all, plansOperations()...)
	}
	if cfg.Workflows != nil {
		all = append(all, workflowsOperations()...)
	}
	return rest.Handler(&api{cfg}, all, rest.Options{
		Who: cfg.Who, Fail: fail, MaxBody: cfg.MaxBody, Unknown: true, Log: cfg.Log, Describe: description, At: "/openapi/openapi.json",
		Replies: cfg.replies(),
	})
}

// An api is what operations work on.
type api struct{ Config }

//go:embed openapi.json
var description []byte

// OpenAPI returns the description of the operations: OpenAPI 3.1, as JSON.
func OpenAPI() []byte { return slices.Clone(description) }

var info = openapi.Info{
	Title: "Release plans and workflows, as Zadig has them", Version: "4.0", Security: "Authorization",
	About:   "Release plans with approvals and ordered jobs; workflows, their tasks, views, pre-approval tickets and logs.",
	Failure: failure{}, Fails: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusInternalServerError, http.StatusServiceUnavailable},
}

// plansOperations are those on release plans.
func plansOperations() []rest.Operation[*api] {
	return slices.Concat(planOperations(), planCommandOperations(), planTrailOperations(), approvalOperations())
}

// workflowsOperations are those on workflows and what belongs to them.
func workflowsOperations() []rest.Operation[*api] {
	return slices.Concat(definitionOperations(), viewOperations(), ticketOperations(), taskOperations(), logOperations())
}
