package executor

import (
	"cmp"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// SQLConfig says which databases there are.
type SQLConfig struct {
	Databases map[string]Database // by the id or the name that specs have; required
	MaxRows   int                 // of one result that are read, if the spec asks for no less; 0 means 1,000
	MaxLog    int64               // bytes of results that one job can write to its log; 0 means 1 MiB
}

// A Database is one that jobs can use.
type Database struct {
	// DB is the host's, and stays open. Each job takes a connection out of its pool, which is closed
	// when the job ends: what statements have set in their session (roles, settings, temporary tables)
	// meets nobody else. So a database that is only in the memory of its connections, as :memory: of
	// SQLite, is none for jobs.
	DB *sql.DB

	// Type is mysql, mariadb, postgresql or sqlite. It says how to tell statements apart. If it is
	// empty, that of the spec counts; a spec with another one is refused.
	Type string

	// Tx says that all statements of a job are one transaction. Otherwise each is done for
	// good when it has ended, and what a statement began with BEGIN and no other ended is rolled back.
	Tx bool

	// Whole says that the driver takes several statements at once: it is given the text as it
	// is, for triggers and procedures with statements inside. Otherwise the
	// text is taken apart at its semicolons, and the statements run one by one.
	Whole bool
}

const (
	defaultMaxRows = 1_000
	defaultMaxText = 1 << 20
	rollbackTime   = 5 * time.Second
)

// SQL carries out sql jobs: statements on a database of the host. It is safe for
// concurrent use.
//
// All statements of a job use one connection, and the first that fails ends the job. Results are
// written to the log as tables, as far as the limits go. The outputs are ROWS, how many rows were read, and
// AFFECTED, how many the database says were changed. A change that returns rows is read to its end, and has
// changed as many as it returns.
//
// A statement is repeated if its job is: it should be one that can be.
type SQL struct {
	c SQLConfig
}

// NewSQL returns an executor of sql jobs. What is wrong with the config is an ErrInvalid.
func NewSQL(c SQLConfig) (*SQL, error) {
	var faults []error
	if len(c.Databases) == 0 {
		faults = append(faults, penstock.Invalid("sql.databases", "must not be empty"))
	}
	for _, name := range slices.Sorted(maps.Keys(c.Databases)) {
		d := c.Databases[name]
		if d.DB == nil {
			faults = append(faults, penstock.Invalid("sql.databases."+name+".db", "must not be nil"))
		}
		if !slices.Contains([]string{"", "mysql", "mariadb", "postgresql", "sqlite"}, d.Type) {
			faults = append(faults, penstock.Invalid("sql.databases."+name+".type", "%q is not mysql, mariadb, postgresql or sqlite", d.Type))
		}
	}
	if c.MaxRows < 0 {
		faults = append(faults, penstock.Invalid("sql.max_rows", "must not be negative"))
	}
	if c.MaxLog < 0 {
		faults = append(faults, penstock.Invalid("sql.max_log", "must not be negative"))
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	c.Databases = maps.Clone(c.Databases) // the caller may change its own
	if c.MaxRows == 0 {
		c.MaxRows = defaultMaxRows
	}
	if c.MaxLog == 0 {
		c.MaxLog = defaultMaxText
	}
	return &SQL{c}, nil
}

// Execute runs the statements of a sql job. A database that is not registered is an
// ErrNotFound. Errors hold what the database says of a statement, but nothing of how it is
// connected to.
func (s *SQL) Execute(ctx context.Context, job workflow.Execution) (map[string]string, error) {
	var spec workflow.SQLSpec
	if err := decode(job, &spec); err != nil {
		return nil, err
	}
	name, db, err := s.database(&spec)
	if err != nil {
		return nil, err
	}
	dialect, log := cmp.Or(db.Type, spec.Type), newBoundedLog(job, s.c.MaxLog)
	defer log.close()
	work := &sqlWork{statements: []statement{newStatement(spec.SQL, dialect)}, tx: db.Tx, rows: s.c.MaxRows, log: log, secrets: job.Masker}
	if !db.Whole {
		work.statements = splitStatements(spec.SQL, dialect)
	}
	if spec.MaxRows > 0 {
		work.rows = min(work.rows, spec.MaxRows)
	}
	ctx, cancel := within(ctx, &spec)
	defer cancel()
	conn, err := db.DB.Conn(ctx)
	if err != nil {
		return nil, because(ctx, "database "+name, errors.New("cannot be connected to")) // what the driver says may hold a password
	}
	defer discard(conn)
	err = work.do(ctx, conn)
	return work.outputs(), because(ctx, "database "+name, err)
}

// discard closes a connection for good: nobody knows what its session is like now.
func discard(conn *sql.Conn) {
	_ = conn.Raw(func(any) error { return driver.ErrBadConn })
	_ = conn.Close()
}

// database returns the database that a spec names.
func (s *SQL) database(spec *workflow.SQLSpec) (string, Database, error) {
	name := cmp.Or(spec.DatabaseID, spec.DatabaseName)
	db, ok := s.c.Databases[name]
	switch {
	case name == "":
		return "", db, penstock.Invalid("spec.id", "must not be empty")
	case !ok:
		return "", db, fmt.Errorf("database %s: %w", name, penstock.ErrNotFound)
	case spec.Type != "" && db.Type != "" && spec.Type != db.Type:
		return "", db, penstock.Invalid("spec.type", "database %s is %s, not %s", name, db.Type, spec.Type)
	default:
		return name, db, nil
	}
}

// sqlWork is a job on its connection.
type sqlWork struct {
	statements     []statement
	tx             bool
	rows           int // of one result
	log            io.Writer
	secrets        *workflow.Masker
	read, affected int64
}

func (w *sqlWork) outputs() map[string]string {
	return map[string]string{"ROWS": strconv.FormatInt(w.read, 10), "AFFECTED": strconv.FormatInt(w.affected, 10)}
}

// sqlRunner is a connection or a transaction.
type sqlRunner interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

func (w *sqlWork) do(ctx context.Context, conn *sql.Conn) error {
	if !w.tx {
		if slices.ContainsFunc(w.statements, func(s statement) bool { return s.begins() }) {
			defer rollback(ctx, conn)
		}
		return w.run(ctx, conn)
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	if err := w.run(ctx, tx); err != nil {
		w.affected = 0
		return errors.Join(err, ignoreDone(tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		w.affected = 0
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// rollback ends a transaction that was left open, so that nobody goes on with it. The database
// knows best whether there is one.
func rollback(ctx context.Context, conn *sql.Conn) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
	defer cancel()
	_, _ = conn.ExecContext(ctx, "ROLLBACK")
}

// ignoreDone passes over that a transaction was rolled back already, with its context.
func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func (w *sqlWork) run(ctx context.Context, on sqlRunner) error {
	for i, s := range w.statements {
		do := w.exec
		if s.returnsRows() {
			do = w.query
		}
		err := do(ctx, on, s)
		if err != nil {
			return fmt.Errorf("statement %d of %d: %w", i+1, len(w.statements), err)
		}
	}
	return nil
}

func (w *sqlWork) exec(ctx context.Context, on sqlRunner, s statement) error {
	result, err := on.ExecContext(ctx, s.text)
	if err != nil {
		return err
	}
	n, err := result.RowsAffected()
	if err != nil {
		n = 0 // not every driver can tell
	}
	w.affected += n
	fmt.Fprintf(w.log, "%s: %d rows affected\n", s.verb(), n)
	return nil
}

func (w *sqlWork) query(ctx context.Context, on sqlRunner, s statement) error {
	rows, err := on.QueryContext(ctx, s.text)
	if err != nil {
		return err
	}
	defer rows.Close()
	for {
		n, err := writeTable(w.log, w.secrets, rows, w.rows, s.changes())
		w.read += int64(min(n, w.rows))
		if s.changes() {
			w.affected += int64(n)
		}
		if err != nil {
			return err
		}
		if !rows.NextResultSet() {
			break
		}
	}
	if err := rows.Err(); err != nil {
		return err
	}
	return rows.Close()
}
