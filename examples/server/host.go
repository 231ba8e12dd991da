package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/examples/internal/database"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/rollout"
	"github.com/penstock-go/penstock/releaseplan/runs"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/postgres/listen"
	"github.com/penstock-go/penstock/store/sqlite"
	"github.com/penstock-go/penstock/template"
	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/executor"
)

// workflowKind is the kind of the plans' tasks that start a workflow.
const workflowKind = "workflow"

// A host is everything that the dialects speak for.
type host struct {
	db        *database.DB
	store     store.Store
	tokens    *tokens
	directory penstock.Directory
	desks     desks

	catalog   *rollout.Service
	templates *template.Service
	plans     *releaseplan.Service
	workflows *workflow.Service

	runner *releaseplan.Runner
	local  *workflow.Local
	runs   *runs.Handler
	post   *post
	log    *slog.Logger
}

// open opens the database and makes the services over it.
func open(ctx context.Context, o options, t *tokens, log *slog.Logger) (*host, error) {
	desks, err := openDesks(o.approvals, log)
	if err != nil {
		return nil, err
	}
	db, err := database.Open(ctx, o.db)
	if err != nil {
		return nil, err
	}
	h := &host{db: db, tokens: t, directory: newDirectory(ctx, t), desks: desks, log: log}
	if h.store, err = openStore(ctx, db, log); err == nil {
		err = h.services(o)
	}
	if err == nil {
		err = errors.Join(h.firstEnvironments(ctx), h.post.register(ctx))
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", db.Name, err), h.close())
	}
	return h, nil
}

// connections are those to PostgreSQL that are open at once: it has few.
const connections = 16

func openStore(ctx context.Context, db *database.DB, log *slog.Logger) (store.Store, error) {
	if !db.Postgres {
		s, err := sqlite.New(ctx, db.DB, nil)
		if err != nil {
			return nil, err // no Store, not one that is nil
		}
		return s, nil
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	db.SetConnMaxIdleTime(5 * time.Minute)
	s, err := postgres.New(ctx, db.DB, &postgres.Options{Listen: listen.On(db.DB), Log: log})
	if err != nil {
		return nil, err
	}
	return s, nil
}

func (h *host) services(o options) (err error) {
	if h.catalog, err = rollout.NewService(rollout.Config{Store: h.store, Authorizer: h.authorize, References: h.references}); err != nil {
		return err
	}
	if h.templates, err = template.NewService(template.Config{Store: h.store, Authorizer: h.authorize, Rollout: h.catalog}); err != nil {
		return err
	}
	calendars, err := openCalendars(o.calendars)
	if err != nil {
		return err
	}
	h.plans = releaseplan.New(releaseplan.Config{Store: h.store, Directory: h.directory, Authorizer: h.authorize, Rollout: h.catalog,
		Providers: h.desks.providers(), Calendars: calendars})
	if h.workflows, err = workflow.New(workflow.Config{Store: h.store, Directory: h.directory, Authorizer: h.authorize, Providers: h.desks.providers()}); err != nil {
		return err
	}
	if h.post, err = openPost(o.webhook, h.store, h.directory, o.times.lease, h.log); err != nil {
		return err
	}
	shell := executor.ShellConfig{}
	if o.shell != "" {
		if shell.Dir, err = filepath.Abs(o.shell); err == nil {
			err = os.MkdirAll(shell.Dir, 0o700) // now, and not when the first job fails
		}
		if err != nil {
			return err
		}
	}
	executors, err := executor.Executors(executor.Config{Shell: shell})
	if err != nil {
		return err
	}
	h.local = workflow.NewLocal(h.workflows, executors)
	h.local.Drain, h.local.TTL, h.local.Log = o.drain, o.times.lease, h.log
	if h.runs, err = runs.New(runs.Config{Workflows: h.workflows}); err != nil {
		return err
	}
	h.runner = releaseplan.NewRunner(h.plans, map[string]releaseplan.Handler{workflowKind: h.runs})
	h.runner.Drain, h.runner.TTL, h.runner.Log = o.drain, o.times.lease, h.log
	return nil
}

// references are the plans and templates that refer to a segment, feature or the like.
func (h *host) references(ctx context.Context, on rollout.Ref) ([]string, error) {
	plans, err := h.plans.RolloutReferences(ctx, on)
	if err != nil {
		return nil, err
	}
	templates, err := h.templates.References(ctx, on)
	return append(plans, templates...), err
}

// firstEnvironments makes the environments that features are rolled out in, the first time.
func (h *host) firstEnvironments(ctx context.Context) error {
	for i, name := range []string{"development", "production"} {
		_, err := h.catalog.Environments().Create(ctx, rollout.Environment{Name: name, Type: name, SortOrder: i + 1}, itself())
		if err != nil && !errors.Is(err, penstock.ErrExists) {
			return err
		}
	}
	return nil
}

// carryOut carries plans and runs out until ctx ends.
func (h *host) carryOut(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	var wg sync.WaitGroup
	wg.Go(func() { stop(h.runner.Run(ctx)) })
	wg.Go(func() { stop(h.local.Run(ctx)) })
	wg.Go(func() { h.reconcile(ctx) })
	wg.Go(func() { stop(h.post.run(ctx)) })
	wg.Wait()
	return context.Cause(ctx)
}

// reconcile cancels, now and then, runs of plans that were canceled while nobody was there.
func (h *host) reconcile(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		if n, err := h.runs.Reconcile(ctx, h.plans, itself()); err != nil && ctx.Err() == nil {
			h.log.Warn("runs of plans could not be reconciled", "error", err)
		} else if n > 0 {
			h.log.Info("canceled runs of plans that are gone", "runs", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// ready says why requests cannot be answered, or nothing.
func (h *host) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	_, err := h.store.Get(ctx, store.Key{Kind: "server.ready", ID: "x"})
	return err
}

func (h *host) close() error {
	var err error
	if h.store != nil {
		err = h.store.Close()
	}
	return errors.Join(err, h.post.close(), h.db.Close())
}
