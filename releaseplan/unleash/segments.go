package unleash

import (
	"net/http"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan/rollout"
)

const (
	tagSegments = "Segments"
	atSegments  = "/api/admin/segments"
)

// A segment is a list of constraints that strategies refer to.
type segment struct {
	ID          int          `json:"id"`
	Name        string       `json:"name"`
	Description *string      `json:"description"`
	Project     *string      `json:"project" doc:"null: for the features of all"`
	Constraints []constraint `json:"constraints" doc:"all of them must hold; if there are none, it holds for everyone"`
	CreatedBy   string       `json:"createdBy"`
	CreatedAt   time.Time    `json:"createdAt"`
}

// segmentList are all segments.
type segmentList struct {
	Segments []segment `json:"segments"`
}

// A segmentBody is a segment as it is written: all of it.
type segmentBody struct {
	Name        string           `json:"name"`
	Description *string          `json:"description" need:"false"`
	Project     *string          `json:"project" need:"false"`
	Constraints []constraintBody `json:"constraints"`
}

// segmentOperations are about segments.
func segmentOperations() []rest.Operation[*api] {
	about := func(method, path, id, summary string, body any, status int, answer any) openapi.Operation {
		return openapi.Operation{Method: method, Path: atSegments + path, ID: id, Summary: summary, Tag: tagSegments, Body: body, Answers: []openapi.Answer{{Status: status, Body: answer}}}
	}
	return []rest.Operation[*api]{
		{Operation: about("GET", "", "getSegments", "Lists the segments", nil, http.StatusOK, segmentList{}), Handle: (*api).listSegments},
		{Operation: about("POST", "", "createSegment", "Makes a segment", segmentBody{}, http.StatusCreated, segment{}), Handle: (*api).createSegment},
		{Operation: about("GET", "/{id}", "getSegment", "Shows a segment", nil, http.StatusOK, segment{}), Handle: (*api).getSegment},
		{Operation: about("PUT", "/{id}", "updateSegment", "Writes a segment anew; who is served by it changes at once", segmentBody{}, http.StatusNoContent, nil), Handle: (*api).updateSegment},
		{Operation: about("DELETE", "/{id}", "removeSegment", "Deletes a segment that nothing refers to", nil, http.StatusNoContent, nil), Handle: (*api).removeSegment},
	}
}

func toSegment(r *rollout.Record[rollout.Segment]) segment {
	g := &r.Value
	return segment{ID: g.ID, Name: g.Name, Description: orNull(g.Description), Project: orNull(g.Project), Constraints: toConstraints(g.Constraints),
		CreatedBy: r.Created.By.Label(), CreatedAt: r.Created.At}
}

// apply returns the segment with what the body says of it.
func (b *segmentBody) apply(g rollout.Segment) rollout.Segment {
	g.Name, g.Description, g.Project, g.Constraints = b.Name, "", "", constraintsOf(b.Constraints)
	set(&g.Description, b.Description)
	set(&g.Project, b.Project)
	return g
}

func (b *segmentBody) check() error {
	var v faults
	if b.Name == "" {
		v.add("name", "must not be empty")
	}
	if b.Constraints == nil {
		v.add("constraints", "is required")
	}
	return v.err()
}

func (a *api) listSegments(c *rest.Call) error {
	out := segmentList{Segments: []segment{}}
	err := pages(c, a.Rollout.Segments(), rollout.Filter{}, func(r *rollout.Record[rollout.Segment]) error {
		out.Segments = append(out.Segments, toSegment(r))
		return nil
	})
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, out)
}

// segmentID returns the id of the path.
func segmentID(c *rest.Call) (int, error) {
	id, err := strconv.Atoi(c.Path("id"))
	if err != nil || strconv.Itoa(id) != c.Path("id") {
		return 0, notFound("segment %.100q", c.Path("id"))
	}
	return id, nil
}

func readSegment(c *rest.Call) (segmentBody, error) {
	var body segmentBody
	err := c.Read(&body, false, false)
	if err == nil {
		err = body.check()
	}
	return body, err
}

func (a *api) createSegment(c *rest.Call) error {
	body, err := readSegment(c)
	if err != nil {
		return err
	}
	r, err := a.Rollout.Segments().Create(c.Context(), body.apply(rollout.Segment{}), c.Actor)
	if err != nil {
		return err
	}
	c.W.Header().Set("Location", atSegments+"/"+strconv.Itoa(r.Value.ID))
	return c.JSON(http.StatusCreated, toSegment(&r))
}

func (a *api) getSegment(c *rest.Call) error {
	id, err := segmentID(c)
	if err != nil {
		return err
	}
	r, err := a.Rollout.Segments().Get(c.Context(), id, c.Actor)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, toSegment(&r))
}

func (a *api) updateSegment(c *rest.Call) error {
	id, err := segmentID(c)
	if err != nil {
		return err
	}
	body, err := readSegment(c)
	if err != nil {
		return err
	}
	if _, err := a.Rollout.Segments().Update(c.Context(), id, 0, func(g *rollout.Segment) error {
		*g = body.apply(*g)
		return nil
	}, c.Actor); err != nil {
		return err
	}
	return c.Empty(http.StatusNoContent)
}

func (a *api) removeSegment(c *rest.Call) error {
	id, err := segmentID(c)
	if err != nil {
		return err
	}
	if err := a.Rollout.Segments().Delete(c.Context(), id, 0, c.Actor); err != nil {
		return err
	}
	return c.Empty(http.StatusNoContent)
}
