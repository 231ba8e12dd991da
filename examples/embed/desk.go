package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/examples/internal/database"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// deployKind is the kind of the tasks that this service carries out.
const deployKind = "deploy"

// A release is a row of the service's own table.
type release struct {
	Plan    string `json:"id"` // its plan's id is its own
	Service string `json:"service"`
	Name    string `json:"name"`
	FiledBy string `json:"filed_by"`
}

// The service's own table is in the database that the plans are in.
const ownTable = `CREATE TABLE IF NOT EXISTS releases (
	plan     text PRIMARY KEY,
	service  text NOT NULL,
	name     text NOT NULL,
	filed_by text NOT NULL,
	UNIQUE (service, name)
)`

// A desk files releases and shows them.
type desk struct {
	db    *database.DB
	store store.Store
	plans *releaseplan.Service
}

func openDesk(ctx context.Context, at string) (*desk, error) {
	db, err := database.Open(ctx, at)
	if err != nil {
		return nil, err
	}
	d := &desk{db: db}
	if db.Postgres {
		d.store, err = postgres.New(ctx, db.DB, nil)
	} else {
		d.store, err = sqlite.New(ctx, db.DB, nil)
	}
	if err == nil {
		d.plans = releaseplan.New(releaseplan.Config{Store: d.store})
		// IF NOT EXISTS does not see what another replica makes at the same moment.
		err = db.Alone(ctx, "releases", func(tx *sql.Tx) error {
			_, err := tx.ExecContext(ctx, ownTable)
			return err
		})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", db.Name, err), d.close())
	}
	return d, nil
}

func (d *desk) close() error {
	var err error
	if d.store != nil {
		err = d.store.Close()
	}
	return errors.Join(err, d.db.Close())
}

// file commits a plan and a row in one transaction: both are there, or neither. A
// name that the service has already is an ErrExists.
func (d *desk) file(ctx context.Context, r release, by penstock.Actor) (p *releaseplan.Plan, err error) {
	err = d.together(ctx, func(tx *sql.Tx, plans *releaseplan.Service) error {
		if p, err = plans.Create(ctx, planOf(r), by); err != nil {
			return err
		}
		row, err := tx.ExecContext(ctx, `INSERT INTO releases (plan, service, name, filed_by) VALUES ($1, $2, $3, $4)
			ON CONFLICT (service, name) DO NOTHING`, p.ID(), r.Service, r.Name, by.ID)
		if err != nil {
			return err
		}
		if n, err := row.RowsAffected(); err != nil {
			return err
		} else if n == 0 {
			return fmt.Errorf("release %s of %s %w", r.Name, r.Service, penstock.ErrExists)
		}
		return nil
	})
	return p, err
}

// remove deletes a plan and its row, likewise. A plan that runs is an ErrRefused.
func (d *desk) remove(ctx context.Context, id string, by penstock.Actor) error {
	return d.together(ctx, func(tx *sql.Tx, plans *releaseplan.Service) error {
		if err := plans.Delete(ctx, id, by); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM releases WHERE plan = $1", id)
		return err
	})
}

// together commits what do does to rows and plans, unless it fails.
func (d *desk) together(ctx context.Context, do func(tx *sql.Tx, plans *releaseplan.Service) error) error {
	tx, err := d.db.BeginTx(ctx, nil) // on SQLite BEGIN IMMEDIATE, because Open said so
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // does nothing after Commit
	inside, err := d.inside(tx)
	if err != nil {
		return err
	}
	// A Service of this transaction only: it keeps nothing of what may be undone.
	if err := do(tx, releaseplan.New(releaseplan.Config{Store: inside, CacheBytes: -1})); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	// What is committed inside a transaction wakes nobody by itself; without this,
	// others would see it when they look the next time.
	if s, ok := d.store.(interface{ Wake() }); ok {
		s.Wake()
	}
	return nil
}

// inside is the store as a transaction sees it.
func (d *desk) inside(tx *sql.Tx) (store.Store, error) {
	if d.db.Postgres {
		return postgres.Tx(tx, nil)
	}
	return sqlite.Tx(tx, nil)
}

// planOf is what a release takes.
func planOf(r release) releaseplan.Content {
	return releaseplan.Content{
		Name:      r.Name,
		Variables: []releaseplan.Variable{{Name: "service", Value: r.Service}, {Name: "name", Value: r.Name}},
		Phases: []releaseplan.Phase{{Name: "production", Tasks: []releaseplan.Task{
			{Name: "deploy", Kind: deployKind, Crash: releaseplan.RepeatOnCrash},
			{Name: "smoke test", Kind: deployKind, Crash: releaseplan.RepeatOnCrash},
		}}},
	}
}

// show returns a row and its plan.
func (d *desk) show(ctx context.Context, id string, by penstock.Actor) (release, *releaseplan.Plan, error) {
	r := release{Plan: id}
	p, err := d.plans.Get(ctx, id, by) // first: it knows what can be an id
	if err != nil {
		return r, nil, err
	}
	err = d.db.QueryRowContext(ctx, "SELECT service, name, filed_by FROM releases WHERE plan = $1", id).Scan(&r.Service, &r.Name, &r.FiledBy)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("release %s %w", id, penstock.ErrNotFound)
	}
	return r, p, err
}
