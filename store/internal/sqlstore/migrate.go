package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// ErrSchema is the error of tables that this program cannot use: they were
// made by a newer one, or some are missing.
var ErrSchema = errors.New("unknown schema")

// Version returns the version of the tables, which is the number of files that
// were run to make them; 0 if there are none.
func (t *Tables) Version(ctx context.Context, s Session) (version int, err error) {
	var q query
	var exists bool
	// The names need no escapes: they were checked.
	if err := q.add(t.Exists(t.schema, t.prefix+"meta")).one(ctx, s, &exists); err != nil {
		return 0, fmt.Errorf("look for tables: %w", err)
	}
	if !exists {
		return 0, nil
	}
	var text query
	err = text.add("SELECT version_of_schema FROM ", t.meta).one(ctx, s, &version)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return 0, fmt.Errorf("%w: %s has no row", ErrSchema, t.meta)
	case err != nil:
		return 0, fmt.Errorf("read the version of the schema: %w", err)
	}
	return version, nil
}

// Current reports whether the tables are those that files make. Newer ones are
// an ErrSchema.
func (t *Tables) Current(ctx context.Context, s Session, files fs.FS) (bool, error) {
	names, err := migrations(files)
	if err != nil {
		return false, err
	}
	version, err := t.Version(ctx, s)
	if err != nil {
		return false, err
	}
	if version > len(names) || version < 0 {
		return false, fmt.Errorf("%w: the tables %s* have version %d, and this program knows those up to %d: use a newer one",
			ErrSchema, t.prefix, version, len(names))
	}
	return version == len(names), nil
}

// Migrate runs the files that were not run yet. The caller holds the lock that
// keeps others from doing so, and rolls back after an error.
func (t *Tables) Migrate(ctx context.Context, s Session, files fs.FS) error {
	if current, err := t.Current(ctx, s, files); err != nil || current {
		return err
	}
	version, err := t.Version(ctx, s)
	if err != nil {
		return err
	}
	names, err := migrations(files)
	if err != nil {
		return err
	}
	for _, name := range names[version:] {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		for statement := range strings.SplitSeq(strings.ReplaceAll(string(text), DefaultPrefix, t.prefix), ";\n") {
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if _, err := s.ExecContext(ctx, statement); err != nil {
				return fmt.Errorf("migrate %s: %w", name, err)
			}
		}
	}
	return nil
}

// migrations returns the names of the files in order.
func migrations(files fs.FS) ([]string, error) {
	names, err := fs.Glob(files, "*.sql")
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	slices.Sort(names)
	return names, nil
}
