package workflow

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock/internal/panics"
)

// resolvedNow is resolved for a spec whose variables were filled in. What looks like a
// variable in it is text by now, so that it does not keep a name from being asked for.
func (s *Service) resolvedNow(ctx context.Context, project, jobType string, text []byte) ([]byte, error) {
	if s.catalog == nil || !bytes.Contains(text, []byte(braces)) {
		return s.resolved(ctx, project, jobType, text)
	}
	stands := standIn(text)
	plain := func(text string) string { return strings.ReplaceAll(text, stands, braces) }
	out, err := s.resolvedAs(ctx, project, jobType, bytes.ReplaceAll(text, []byte(braces), []byte(stands)), plain)
	return bytes.ReplaceAll(out, []byte(stands), []byte(braces)), err
}

// standIn returns a character that is not in text. Nobody uses those.
func standIn(text []byte) string {
	for r := '\U000F0000'; ; r++ {
		if !bytes.ContainsRune(text, r) {
			return string(r)
		}
	}
}

// knowsProject asks the Catalog about the project of a definition or a ticket. One that it
// does not know is an ErrNotFound.
func (s *Service) knowsProject(ctx context.Context, project string) error {
	if s.catalog == nil {
		return nil
	}
	err := panics.Try(func() error {
		_, err := s.catalog.Resolve(ctx, Reference{Kind: RefProject, Project: project, Name: project, Field: "project"})
		return err
	})
	if err != nil {
		return fmt.Errorf("project: %w", err)
	}
	return nil
}
