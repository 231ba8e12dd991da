package unleash

import (
	"maps"
	"net/http"
	"slices"

	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

// A project is one that features are of.
type project struct {
	ID           string `json:"id"`
	Name         string `json:"name" doc:"the same"`
	FeatureCount int    `json:"featureCount" doc:"that are not archived, and that the user may read"`
}

// projectList are the projects of features.
type projectList struct {
	Version  int       `json:"version" doc:"of the format"`
	Projects []project `json:"projects" doc:"by id"`
}

func (a *api) listProjects(c *rest.Call) error {
	if c.Query("archived") == "true" {
		return c.JSON(http.StatusOK, projectList{Version: 1, Projects: []project{}})
	}
	count := make(map[string]int)
	if err := pages(c, a.Rollout.Features(), rollout.Filter{}, func(r *rollout.Record[rollout.Flag]) error {
		count[projectOf(r.Value.Project)]++
		return nil
	}); err != nil {
		return err
	}
	out := projectList{Version: 1, Projects: []project{}}
	for _, id := range slices.Sorted(maps.Keys(count)) {
		out.Projects = append(out.Projects, project{ID: id, Name: id, FeatureCount: count[id]})
	}
	return c.JSON(http.StatusOK, out)
}
