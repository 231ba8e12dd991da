package zadig

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

type planVersions struct {
	List []planVersion `json:"list"`
}

// A planVersion is who made a version of the content, and when.
type planVersion struct {
	Version   int64  `json:"version"`
	Previous  int64  `json:"previous_version" doc:"0: it is the first"`
	Operator  string `json:"operator"`
	Account   string `json:"account"`
	Verb      string `json:"verb" enum:"create,update"`
	CreatedAt int64  `json:"created_at"`
}

// A planDiff is what a version changed.
type planDiff struct {
	PlanID   string      `json:"plan_id"`
	Version  int64       `json:"version"`
	Previous int64       `json:"previous_version"`
	Groups   []diffGroup `json:"groups"`
}

// A diffGroup is what changed in a part of a plan.
type diffGroup struct {
	Key     string       `json:"group_key"`
	Name    string       `json:"group_name"`
	Type    string       `json:"group_type" enum:"plan,metadata,approval,jobs_order,job"`
	Display string       `json:"display_mode" enum:"metadata_spec,approval_spec,workflow_spec"`
	Before  *anyObject   `json:"before_spec" doc:"the part as it was; null: it was not there"`
	After   *anyObject   `json:"after_spec" doc:"the part as it is; null: it is gone"`
	Changes []diffChange `json:"changes"`
}

// trail reads the whole audit trail of a plan, as far back as it is kept.
func (a *api) trail(ctx context.Context, id string, by penstock.Actor) (all []releaseplan.Entry, err error) {
	const page = 1_000
	for after := int64(0); ; {
		entries, err := a.Plans.History(ctx, id, after, page, by)
		if err != nil {
			return nil, err
		}
		if all = append(all, entries...); len(entries) < page {
			return all, nil
		}
		after = entries[len(entries)-1].Seq
	}
}

// versionOf returns the version that an entry made, 0 if none.
func versionOf(e releaseplan.Entry) int64 {
	switch {
	case e.Birth != nil:
		return 1
	case e.Revision != nil:
		return e.Revision.Version
	default:
		return 0
	}
}

func (a *api) listPlanVersions(c *rest.Call) error {
	trail, err := a.trail(c.Context(), c.Path("id"), c.Actor)
	if err != nil {
		return err
	}
	out := planVersions{List: []planVersion{}}
	for _, e := range slices.Backward(trail) {
		if n := versionOf(e); n > 0 {
			verb := "update"
			if n == 1 {
				verb = "create"
			}
			out.List = append(out.List, planVersion{Version: n, Previous: n - 1, Operator: e.By.Label(), Account: e.By.ID, Verb: verb, CreatedAt: seconds(e.At)})
		}
	}
	return c.JSON(http.StatusOK, out)
}

func (a *api) diffPlanVersion(c *rest.Call) error {
	trail, err := a.trail(c.Context(), c.Path("id"), c.Actor)
	if err != nil {
		return err
	}
	wanted, err := strconv.ParseInt(c.Path("version"), 10, 64)
	at := slices.IndexFunc(trail, func(e releaseplan.Entry) bool { return wanted > 0 && versionOf(e) == wanted })
	if err != nil || at < 0 || trail[0].Birth == nil { // what was pruned cannot be made again
		return fmt.Errorf("version %s of the plan: %w", clipped(c.Path("version")), penstock.ErrNotFound)
	}
	after, err := fold(trail[:at+1])
	if err != nil {
		return err
	}
	var before *releaseplan.Content
	if at > 0 {
		if before, err = fold(trail[:at]); err != nil {
			return err
		}
	}
	groups, err := a.library(c).diff(before, after)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, planDiff{PlanID: c.Path("id"), Version: wanted, Previous: wanted - 1, Groups: groups})
}

// fold returns the content after a part of the trail.
func fold(trail []releaseplan.Entry) (*releaseplan.Content, error) {
	p, err := releaseplan.Fold(eachOf(trail, func(e releaseplan.Entry) releaseplan.Change { return e.Change }))
	if err != nil {
		return nil, fmt.Errorf("the trail makes no plan: %v", err) //nolint:errorlint // it is not the caller's fault
	}
	c := p.Content()
	return &c, nil
}
