package unleash_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/unleash"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/template"
)

// A world is a server of the dialect over services that a test can look into.
type world struct {
	*check.Server
	t         testing.TB
	db        store.Store
	templates *template.Service
	plans     *releaseplan.Service
	flags     *rollout.Service

	mu  sync.Mutex
	now time.Time
}

// A setup is in what a world differs.
type setup struct {
	store      store.Store // that others may use too
	authorizer penstock.Authorizer
	limit      int      // of templates
	ids        []string // of templates and their parts, the first ones
	directory  penstock.Directory
	known      bool // templates look up segments and strategies
	permit     func(by penstock.Actor, c releaseplan.Command, p *releaseplan.Plan) error
}

// ann, with the number 53, whose token is annsToken, asks unless a test says otherwise; bob
// has bobsToken.
const (
	annsToken = "user:ann"
	bobsToken = "user:bob"
)

var (
	ann = penstock.Actor{ID: "53", Name: "Ann"}
	bob = penstock.Actor{ID: "54", Name: "Bob"}
)

// anyone lets whoever the Authorizer lets.
func anyone(penstock.Actor, releaseplan.Command, *releaseplan.Plan) error { return nil }

func newWorld(t testing.TB, s setup) *world {
	t.Helper()
	db := s.store
	if db == nil {
		db = memory.New()
	}
	w := &world{t: t, db: db, now: time.Date(2022, 1, 1, 0, 0, 0, 0, time.UTC)}
	var err error
	w.flags, err = rollout.NewService(rollout.Config{Store: db, Authorizer: s.authorizer, Now: w.clock,
		References: func(ctx context.Context, on rollout.Ref) ([]string, error) { return w.plans.RolloutReferences(ctx, on) }})
	if err != nil {
		t.Fatal(err)
	}
	w.plans = releaseplan.New(releaseplan.Config{Store: db, Authorizer: s.authorizer, Rollout: w.flags, Now: w.clock, Permit: s.permit})
	cfg := template.Config{Store: db, Authorizer: s.authorizer, Limit: s.limit, Now: w.clock}
	if s.known {
		cfg.Rollout = w.flags
	}
	if next := penstock.NewIDs(w.clock); s.ids != nil {
		var mu sync.Mutex
		cfg.NewID = func() string {
			mu.Lock()
			defer mu.Unlock()
			if len(s.ids) == 0 {
				return next.New()
			}
			id := s.ids[0]
			s.ids = s.ids[1:]
			return id
		}
	}
	if w.templates, err = template.NewService(cfg); err != nil {
		t.Fatal(err)
	}
	h := unleash.Handler(unleash.Config{Templates: w.templates, Plans: w.plans, Rollout: w.flags, Directory: s.directory, Who: who, Now: w.clock})
	w.Server = check.Serve(t, h, unleash.OpenAPI(), annsToken)
	return w
}

// who knows two people by their tokens.
func who(r *http.Request) (penstock.Actor, error) {
	switch strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") {
	case annsToken:
		return ann, nil
	case bobsToken:
		return bob, nil
	default:
		return penstock.Actor{}, errors.New("the token is not known")
	}
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

// feature makes a feature of a project that is on in an environment.
func (w *world) feature(name, project, environment string) {
	w.t.Helper()
	ctx := w.t.Context()
	if _, err := w.flags.Environments().Create(ctx, rollout.Environment{Name: environment}, ann); err != nil && !errors.Is(err, penstock.ErrExists) {
		w.t.Fatal(err)
	}
	flag := rollout.Flag{Name: name, Project: project, Environments: map[string]rollout.Setting{environment: {Enabled: true}}}
	if _, err := w.flags.Features().Create(ctx, flag, ann); err != nil {
		w.t.Fatal(err)
	}
}

// body is the JSON of a template of milestones that give a feature to some percent each.
func body(name string, percents ...int) string {
	var milestones []string
	for i, p := range percents {
		milestones = append(milestones, fmt.Sprintf(`{"name":"%d %%","sortOrder":%d,"strategies":[{"sortOrder":0,"name":"flexibleRollout",
			"parameters":{"rollout":"%d","stickiness":"default","groupId":"{{featureName}}"}}]}`, p, i, p))
	}
	return fmt.Sprintf(`{"name":%q,"milestones":[%s]}`, name, strings.Join(milestones, ","))
}

// template makes a template and returns its id.
func (w *world) template(body string) string {
	w.t.Helper()
	return w.Do("POST", "/api/admin/release-plan-templates", body).Want(http.StatusOK).Get("id").(string)
}

func golden(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
