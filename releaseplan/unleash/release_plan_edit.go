package unleash

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

// maxTries bounds how often an edit is made anew on what others left.
const maxTries = 10

// edit lets f change the content of a plan, in one commit. f says which milestone is to
// serve what it says now, by its id; empty: none. A plan that runs is not edited: it is
// paused for the moment, so that the clocks of its milestones go on, or it is reopened if what is
// live changes.
func (a *api) edit(c *rest.Call, id string, f func(p *releaseplan.Plan, content *releaseplan.Content) (serve string, err error)) (*releaseplan.Plan, error) {
	for range maxTries {
		p, err := a.keyed(c).Get(id)
		if err != nil {
			return nil, err
		}
		content := p.Content()
		serve, err := f(p, &content)
		if err != nil {
			return nil, err
		}
		if same(content, p.Content()) {
			return p, nil
		}
		after, err := a.keyed(c).Do(id, editing(p, &content, serve))
		if errors.Is(err, penstock.ErrConflict) {
			continue
		}
		return after, err
	}
	return nil, fmt.Errorf("release plan %s changed %d times meanwhile: %w", id, maxTries, penstock.ErrConflict)
}

// editing returns what gives a plan its new content, as one command.
func editing(p *releaseplan.Plan, content *releaseplan.Content, serve string) releaseplan.Command {
	edit := releaseplan.Command{Action: releaseplan.Edit, Content: content}
	all := []releaseplan.Command{edit}
	r := p.Status().Rollout
	switch {
	case p.State() != releaseplan.Running:
	case serve == "":
		all = []releaseplan.Command{{Action: releaseplan.Pause}, edit, {Action: releaseplan.Resume}}
	default:
		all = []releaseplan.Command{{Action: releaseplan.Reopen}, edit, {Action: releaseplan.Execute}}
		if r != nil && r.Live == serve {
			all = append(all, releaseplan.Command{Action: releaseplan.StartMilestone, Milestone: serve})
		}
	}
	first := all[0]
	first.IfVersion, first.Then = p.Version(), all[1:]
	return first
}

// same reports whether two contents say the same.
func same(a, b releaseplan.Content) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && slices.Equal(x, y)
}
