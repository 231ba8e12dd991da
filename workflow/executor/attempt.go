package executor

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// An attempt is a job that a Shell runs:
//
//	Dir/<run>/attempts/<attempt>/work     the working directory
//	                            /tmp      TMPDIR, unless the job has its own
//	                            /output   what PENSTOCK_OUTPUT names
//	                            /script-1.sh
//	         /storages/<name>             a shared storage
type attempt struct {
	root, work, outputs string
	env                 map[string]string
	log                 io.Writer
	keep                bool
	links               []workflow.ShareStorage // that are in the working directory, with their clean paths
	scripts             int                     // that were run
}

func (s *Shell) runDir(run string) string { return filepath.Join(s.c.Dir, fileName(run)) }

const private = 0o700 // what is in there is the business of the user of the process

// begin makes the directories and the environment of an attempt.
func (s *Shell) begin(job workflow.Execution, spec *workflow.FreestyleSpec, log io.Writer) (*attempt, error) {
	root := filepath.Join(s.runDir(job.Run), "attempts", fileName(job.Attempt))
	a := &attempt{
		root: root, work: filepath.Join(root, "work"), outputs: filepath.Join(root, "output"),
		env: make(map[string]string), log: log, keep: s.c.Keep,
	}
	err := fs.ErrNotExist
	for range 100 { // another attempt that ends may remove a directory that it finds empty
		if err = os.MkdirAll(filepath.Dir(root), private); err == nil {
			err = os.Mkdir(root, private)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return nil, fmt.Errorf("attempt %s was begun before: %w", job.Attempt, penstock.ErrExists)
	case err != nil:
		return nil, fmt.Errorf("make a working directory: %w", err)
	}
	if err := a.fill(s, job, spec); err != nil {
		a.end()
		return nil, err
	}
	return a, nil
}

func (a *attempt) fill(s *Shell, job workflow.Execution, spec *workflow.FreestyleSpec) error {
	if err := os.Mkdir(a.work, private); err != nil {
		return fmt.Errorf("make a working directory: %w", err)
	}
	tmp := filepath.Join(a.root, "tmp")
	if err := os.Mkdir(tmp, private); err != nil {
		return fmt.Errorf("make a directory for temporary files: %w", err)
	}
	if err := os.WriteFile(a.outputs, nil, 0o600); err != nil {
		return fmt.Errorf("make the file for outputs: %w", err)
	}
	for _, name := range s.c.Inherit {
		if value, ok := os.LookupEnv(name); ok {
			a.env[name] = value
		}
	}
	a.env["TMPDIR"] = tmp
	for _, kv := range spec.Variables() {
		value := kv.Value
		if kv.Type == workflow.MultiParam && value == "" {
			value = strings.Join(kv.Chosen, ",")
		}
		if strings.ContainsRune(value, 0) {
			return penstock.Invalid("spec.envs", "the value of %s holds a zero byte", kv.Key)
		}
		a.env[kv.Key] = value
	}
	maps.Copy(a.env, map[string]string{
		"PENSTOCK_PROJECT":        job.Project,
		"PENSTOCK_WORKFLOW":       job.Workflow,
		"PENSTOCK_RUN":            job.Run,
		"PENSTOCK_RUN_NUMBER":     strconv.FormatInt(job.Number, 10),
		"PENSTOCK_JOB":            job.Job,
		"PENSTOCK_JOB_NAME":       job.Name,
		"PENSTOCK_ATTEMPT":        job.Attempt,
		"PENSTOCK_ATTEMPT_NUMBER": strconv.Itoa(job.N),
		"PENSTOCK_WORKSPACE":      a.work,
		"WORKSPACE":               a.work,
		"PENSTOCK_OUTPUT":         a.outputs,
		"PENSTOCK_HOST":           thisHost(),
	})
	for _, storage := range storagesOf(job, spec) {
		dir := filepath.Join(s.runDir(job.Run), "storages", fileName(storage.Name))
		if err := a.share(storage, dir); err != nil {
			return fmt.Errorf("storage %s: %w", storage.Name, err)
		}
	}
	return nil
}

// environ returns the environment for a process.
func (a *attempt) environ() []string {
	all := make([]string, 0, len(a.env))
	for _, name := range slices.Sorted(maps.Keys(a.env)) {
		all = append(all, name+"="+a.env[name])
	}
	return all
}

// end removes what the attempt has left.
func (a *attempt) end() {
	if a.keep {
		return
	}
	if err := removeAll(a.root); err != nil {
		fmt.Fprintf(a.log, "the working directory could not be removed: %v\n", err)
	}
	attempts := filepath.Dir(a.root)
	_ = os.Remove(attempts) // if it is empty, and so below
	_ = os.Remove(filepath.Dir(attempts))
}

// removeAll removes a tree even if directories in it are read-only, as those of caches
// are.
func removeAll(root string) error {
	if os.RemoveAll(root) == nil {
		return nil
	}
	_ = filepath.WalkDir(root, func(path string, d fs.DirEntry, _ error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(path, private)
		}
		return nil
	})
	return os.RemoveAll(root)
}

var plainName = regexp.MustCompile(`^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$`)

// fileName returns a name for a file: id itself if that is one, or else a hash, which
// looks like no such id.
func fileName(id string) string {
	if plainName.MatchString(id) {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return "~" + hex.EncodeToString(sum[:])
}
