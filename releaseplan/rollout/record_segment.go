package rollout

import (
	"context"
	"errors"
	"strconv"

	"github.com/penstock-go/penstock/store"
)

type segmentRules struct{ *Service }

func (segmentRules) id(g *Segment) *int                      { return &g.ID }
func (segmentRules) named(g *Segment) (name, project string) { return g.Name, g.Project }
func (segmentRules) index(*Segment) map[string][]string      { return make(map[string][]string) }
func (segmentRules) sort(g *Segment) int64                   { return int64(g.ID) }
func (segmentRules) happened(_, _ *Segment) string           { return "updated" }

func (segmentRules) key(id int) string {
	if id <= 0 {
		return ""
	}
	return strconv.Itoa(id)
}

func (r segmentRules) check(ctx context.Context, _ *change, before *Segment, g Segment) (Segment, error) {
	var v validator
	if before == nil && g.ID != 0 {
		v.fault("id", "is given by the service")
	}
	v.segment("", &g, &Catalog{Legal: r.legal})
	v.printable("name", g.Name)
	v.projectName("project", g.Project)
	if before != nil && before.Project != g.Project && g.Project != "" {
		if err := r.foreign(ctx, &v, &g); err != nil {
			return g, err
		}
	}
	return g, errors.Join(v.faults...)
}

// foreign: a segment cannot leave the project of a feature that refers to it.
func (r segmentRules) foreign(ctx context.Context, v *validator, g *Segment) error {
	q := store.Query{Where: []store.Filter{store.Equals(fieldSegment, r.key(g.ID))}}
	for f, err := range r.features.each(ctx, q) {
		if err != nil {
			return err
		}
		if f.Value.Project != g.Project {
			v.fault("project", "a feature of another project refers to the segment")
			return nil
		}
	}
	return nil
}
