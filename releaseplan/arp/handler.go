package arp

import (
	_ "embed"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// Base is the path that all operations are below.
const Base = "/api/data/v1"

// Config is what a Handler needs to know. Plans and Who are required.
type Config struct {
	Plans *releaseplan.Service

	// Who says who asks, by a token or whatever else the request brings. Every error of it is
	// answered with 401, and told to nobody. Without it every request is.
	Who func(*http.Request) (penstock.Actor, error)

	// Directory knows the people and folders by number: see [penstock.NumberedDirectory]. It is to
	// be that of the plans. Default: penstock.Trust.
	Directory penstock.Directory

	MaxBody int64            // bytes of a request; default: 1 MiB
	Log     *slog.Logger     // of failures that are not the caller's; default: none
	Now     func() time.Time // that of the plans; default: time.Now
}

// Handler returns what serves the operations, below [Base], and their OpenAPI description at
// /api/data/v1/openapi.json. It is safe for concurrent use.
func Handler(cfg Config) http.Handler {
	if cfg.Directory == nil {
		cfg.Directory = penstock.Trust{}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	all := operations()
	var replies *idempotency.Replies
	if cfg.Plans == nil {
		all = nil
	} else {
		replies = cfg.Plans.Replies()
	}
	return rest.Handler(&api{cfg}, all, rest.Options{
		Who: cfg.Who, Fail: fail, MaxBody: cfg.MaxBody, Log: cfg.Log, Describe: description, At: Base + "/openapi.json",
		Replies: replies,
	})
}

// An api is what operations work on.
type api struct{ Config }

//go:embed openapi.json
var description []byte

// OpenAPI returns the description of the operations: OpenAPI 3.1, as JSON.
func OpenAPI() []byte { return slices.Clone(description) }

var info = openapi.Info{
	Title: "Release plans, as Automic Release has them", Version: "1", Security: "Authorization",
	About:   "Plans of phases and tasks: what is to be released, when, and how far it is.",
	Failure: failure{}, Fails: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusInternalServerError, http.StatusServiceUnavailable},
}

// operations are all operations.
func operations() []rest.Operation[*api] {
	return slices.Concat(planOperations(), versionOperations(), trailOperations(), calendarOperations(), explanationOperations(), phaseOperations(), taskOperations())
}
