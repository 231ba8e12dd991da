package main

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/examples/internal/database"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/sqlite"
)

// How long to wait for those who are on their way out.
const (
	takeover = 3 * time.Second  // how long a process is silent that counts as ended
	drain    = 30 * time.Second // how long commands may go on after an interrupt
)

// The labels by which a plan that is kept is known again.
const (
	labelFile = "quickstart.file" // a hash of the plan file
	labelDir  = "quickstart.dir"  // where the tasks work
)

// prefix begins the names of the tables, so that nobody else's plans are carried out here.
const prefix = "quickstart_"

// A keeper keeps one plan at a time in a database, so that another run can go on
// with it.
type keeper struct {
	db    *database.DB
	store store.Store
	file  string // a hash of the plan file
	anew  bool   // an unfinished plan is given up
}

// keep opens the database for the plan of a file.
func keep(ctx context.Context, at string, doc []byte, anew bool) (*keeper, error) {
	db, err := database.Open(ctx, at)
	if err != nil {
		return nil, err
	}
	hash := sha256.Sum256(doc)
	k := &keeper{db: db, file: hex.EncodeToString(hash[:]), anew: anew}
	if db.Postgres {
		k.store, err = postgres.New(ctx, db.DB, &postgres.Options{Prefix: prefix})
	} else {
		k.store, err = sqlite.New(ctx, db.DB, &sqlite.Options{Prefix: prefix})
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", db.Name, err), db.Close())
	}
	return k, nil
}

// place is what -db is to be the next time; a URL, which may hold a password, is not shown.
func (k *keeper) place() string {
	if k.db.Postgres {
		return "URL"
	}
	return k.db.Name
}

func (k *keeper) close() error { return errors.Join(k.store.Close(), k.db.Close()) }

// open files the plan, or returns the one that is unfinished. Of those who do so at
// once one files it, and the others find it.
func (k *keeper) open(ctx context.Context, s *session, c releaseplan.Content) (p *releaseplan.Plan, resumed bool, err error) {
	err = k.db.Alone(ctx, "quickstart", func(tx *sql.Tx) error {
		in, err := k.inside(tx)
		if err != nil {
			return err
		}
		plans := releaseplan.New(releaseplan.Config{Store: in, CacheBytes: -1}) // what may be undone is not remembered
		if p, err = s.resume(ctx, plans); p != nil || err != nil {
			resumed = p != nil
			return err
		}
		if s.dir, err = k.workplace(s.dir); err != nil {
			return err
		}
		p, err = s.file(ctx, plans, c)
		return err
	})
	return p, resumed, err
}

// inside is the store as a transaction sees it.
func (k *keeper) inside(tx *sql.Tx) (store.Store, error) {
	if k.db.Postgres {
		return postgres.Tx(tx, &postgres.Options{Prefix: prefix})
	}
	return sqlite.Tx(tx, &sqlite.Options{Prefix: prefix})
}

// resume returns the plan that an earlier run left unfinished; nil if a new one is
// to begin. A plan that was made of another file stays as it is.
func (s *session) resume(ctx context.Context, plans *releaseplan.Service) (*releaseplan.Plan, error) {
	newest := releaseplan.Filter{Page: penstock.Page{Limit: 1}}
	list, err := plans.List(ctx, newest, s.operator)
	if err != nil || len(list.Items) == 0 {
		return nil, err
	}
	p, err := plans.Get(ctx, list.Items[0].ID, s.operator)
	if err != nil {
		return nil, err
	}
	c := p.Content()
	what := fmt.Sprintf("%q of %s, %s", p.Name(), p.Status().Created.At.Local().Format("2 Jan 15:04:05"), told(p.State()))
	dir := c.Labels[labelDir]
	switch {
	case stuck(p.State()):
		s.Line("%s", s.Paint(console.Dim, fmt.Sprintf("The last plan, %s, is at its end. A new one begins.\n", what)))
		return nil, nil
	case s.kept.anew:
		s.Line("%s", s.Paint(console.Amber, fmt.Sprintf("The unfinished plan, %s, is canceled. A new one begins.\n", what)))
		_, err := plans.Do(ctx, p.ID(), releaseplan.Command{Action: releaseplan.Cancel, Remark: "given up with -new"}, actor(c.Owner))
		return nil, err
	case c.Labels[labelFile] != s.kept.file:
		return nil, fmt.Errorf(`%s keeps an unfinished plan that was made of another file, or of this one before it was changed:
  %s
Go on with it: run again with the -plan FILE as it was. Give it up: add -new, and it is canceled.
Keep both: use another -db`, s.kept.db.Name, what)
	case s.dir != "" && s.dir != dir:
		return nil, fmt.Errorf("the unfinished plan works in %s: leave out -dir, or add -new to give the plan up", dir)
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("the files of the unfinished plan are gone, they were in %s: add -new to give the plan up", dir)
	} else if err != nil {
		return nil, err
	}
	s.dir, s.id, s.operator = dir, p.ID(), actor(c.Owner)
	return p, nil
}

// workplace returns the directory in which the tasks of a new plan work. Nobody
// removes it: the next run needs what is there.
func (k *keeper) workplace(dir string) (string, error) {
	switch {
	case dir != "":
	case k.db.Postgres:
		return os.MkdirTemp("", "quickstart-")
	default:
		dir = k.db.File + ".files"
	}
	return made(dir)
}

// made returns the absolute name of a directory, which is made if need be.
func made(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return filepath.Abs(dir)
}

// orphans tells of the commands that another process began; whether that has ended is
// not known yet.
func (s *session) orphans(p *releaseplan.Plan) {
	for _, t := range p.Tasks() {
		n := len(t.Status.Attempts)
		running := t.Status.State == releaseplan.TaskRunning || t.Status.State == releaseplan.TaskCanceling
		if !running || n == 0 || t.Status.Attempts[n-1].Lease == "" {
			continue
		}
		then := "counts as failed"
		if t.Crash == releaseplan.RepeatOnCrash {
			then = "runs again"
		}
		s.Line("%10s%s", "", s.Paint(console.Amber, fmt.Sprintf("another process began %s: if that has ended, in about %v it %s", t.Name, takeover, then)))
	}
}

// stuck reports whether a plan is in a state that nobody leaves with this program.
func stuck(state releaseplan.State) bool {
	switch state {
	case releaseplan.Denied, releaseplan.Expired, releaseplan.FinalizeCheckFailed, releaseplan.ExecuteCheckFailed, releaseplan.CompleteCheckFailed:
		return true
	default:
		return state.Final()
	}
}

// absolute is filepath.Abs that leaves what is not given as it is.
func absolute(dir string) (string, error) {
	if dir == "" {
		return "", nil
	}
	return filepath.Abs(dir)
}
