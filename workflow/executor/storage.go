package executor

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// storagesOf returns the storages of the run that a job uses, with the paths that it
// wants them at.
func storagesOf(job workflow.Execution, spec *workflow.FreestyleSpec) []workflow.ShareStorage {
	uses, asked := []workflow.ShareStorage(nil), false
	for _, setting := range []*workflow.AdvancedSpec{spec.Advanced, spec.Properties} {
		if setting == nil || setting.Storage == nil {
			continue
		}
		asked = true
		if !setting.Storage.Enabled {
			continue
		}
		for _, use := range setting.Storage.Storages {
			if i := slices.IndexFunc(job.Storages, func(s workflow.ShareStorage) bool { return s.Name == use.Name }); i >= 0 && use.Path == "" {
				use.Path = job.Storages[i].Path
			}
			if !slices.ContainsFunc(uses, func(s workflow.ShareStorage) bool { return s.Name == use.Name }) {
				uses = append(uses, use)
			}
		}
	}
	if !asked {
		return job.Storages
	}
	return uses
}

// share lets the scripts find the storage that is in dir.
func (a *attempt) share(s workflow.ShareStorage, dir string) error {
	variable := "PENSTOCK_STORAGE_" + strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		default:
			return '_'
		}
	}, s.Name)
	if a.env[variable] != "" {
		return penstock.Invalid("share_storages", "%s is the variable of another one already", variable)
	}
	a.env[variable] = dir
	if err := os.MkdirAll(dir, private); err != nil {
		return fmt.Errorf("make it: %w", err)
	}
	path := strings.TrimPrefix(s.Path, "$WORKSPACE/")
	path = strings.TrimPrefix(path, a.work+"/")
	if path == "" || filepath.IsAbs(path) {
		return nil // known by its variable only
	}
	if path = filepath.Clean(path); path == "." || !filepath.IsLocal(path) {
		return penstock.Invalid("share_storages", "the path does not lie in the working directory")
	}
	for _, other := range a.links {
		if below(path, other.Path) || below(other.Path, path) {
			return penstock.Invalid("share_storages", "its path and that of %s lie in each other", other.Name)
		}
	}
	a.links = append(a.links, workflow.ShareStorage{Name: s.Name, Path: path})
	link := filepath.Join(a.work, path)
	if err := os.MkdirAll(filepath.Dir(link), private); err != nil {
		return fmt.Errorf("link it: %w", err)
	}
	if err := os.Symlink(dir, link); err != nil {
		return fmt.Errorf("link it: %w", err)
	}
	return nil
}

// below reports whether a clean path lies in a directory, or is it.
func below(path, dir string) bool { return path == dir || strings.HasPrefix(path, dir+"/") }
