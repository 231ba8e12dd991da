package unleash

import (
	"context"
	_ "embed"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/idempotency"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/template"
)

// Config is what a Handler needs to know. All but the optional ones are required.
type Config struct {
	Templates *template.Service
	Plans     *releaseplan.Service // its Config.Rollout is Rollout
	Rollout   *rollout.Service     // the features, segments, environments and custom strategies

	// Who says who asks for an operation below /api/admin. Every error of it is answered with
	// 401, and told to nobody. Without it every request is.
	Who func(*http.Request) (penstock.Actor, error)

	// Client says what the token of an SDK gives it to read, below /api/client. Every error is
	// answered with 401. Without it those operations are not there.
	Client func(*http.Request) (Client, error)

	// Directory knows the people by number. It is to be that of the plans. Default: penstock.Trust.
	Directory penstock.Directory

	// Registered hears of SDKs that begin, and Counted of how often features were evaluated.
	// They return soon; their errors are logged. Optional.
	Registered func(ctx context.Context, by Client, what Registration) error
	Counted    func(ctx context.Context, by Client, what Metrics) error

	MaxBody int64            // bytes of a request; default: 500 kB
	Log     *slog.Logger     // of failures that are not the caller's; default: none
	Now     func() time.Time // default: time.Now
}

// A Client is what a token of an SDK stands for.
type Client struct {
	Environment string
	Projects    []string // whose features it reads; nil: those of all
	App         string   // for people; may be empty
}

// Handler returns what serves the operations, below /api/admin and /api/client, and their
// OpenAPI description at /api/admin/openapi.json. It is safe for concurrent use.
func Handler(cfg Config) http.Handler {
	if cfg.Directory == nil {
		cfg.Directory = penstock.Trust{}
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.MaxBody <= 0 {
		cfg.MaxBody = 500_000
	}
	var all []rest.Operation[*api]
	if cfg.Templates != nil && cfg.Plans != nil && cfg.Rollout != nil {
		all = adminOperations()
		if cfg.Client != nil {
			all = append(all, clientOperations()...)
		}
	}
	var replies *idempotency.Replies
	if cfg.Plans != nil {
		replies = cfg.Plans.Replies()
	}
	options := rest.Options{
		Replies: replies,
		Who:     cfg.Who, Fail: fail, MaxBody: cfg.MaxBody, Unknown: true, Log: cfg.Log, Describe: description, At: "/api/admin/openapi.json",
	}
	server := &api{Config: cfg, served: newServed()}
	archives := slices.DeleteFunc(slices.Clone(all), func(op rest.Operation[*api]) bool { return op.Path != atArchive })
	archive := rest.Handler(server, archives, options)
	others := rest.Handler(server, slices.DeleteFunc(all, func(op rest.Operation[*api]) bool { return op.Path == atArchive }), options)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := others
		if strings.HasPrefix(r.URL.Path, strings.TrimSuffix(atArchive, "{templateId}")) { // to a mux this might be a template too
			h = archive
		}
		h.ServeHTTP(w, r)
	})
}

// An api is what operations work on.
type api struct {
	Config
	served *served
}

//go:embed openapi.json
var description []byte

// OpenAPI returns the description of the operations: OpenAPI 3.1, as JSON.
func OpenAPI() []byte { return slices.Clone(description) }

var info = openapi.Info{
	Title: "Release plan templates, release plans and features, as Unleash has them", Version: "1", Security: "Authorization",
	About:   "Templates of milestones, the release plans that are made of them, and what SDKs poll.",
	Failure: failure{}, Fails: []int{http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusInternalServerError, http.StatusServiceUnavailable},
}

// adminOperations are those for people and their tools.
func adminOperations() []rest.Operation[*api] {
	return slices.Concat(templateOperations(), milestoneOperations(), releasePlanOperations(), progressionOperations(), safeguardOperations(), featureOperations(), segmentOperations(), environmentOperations())
}
