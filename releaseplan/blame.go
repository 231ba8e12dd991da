package releaseplan

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/fault"
)

// Blame says which version of a plan's content last changed one thing in it.
type Blame struct {
	Path    string         `json:"path"`            // of a part, or of a member: see [Difference]; empty: of the plan itself
	Label   string         `json:"label,omitempty"` // the part, for people
	Kind    DifferenceKind `json:"kind"`            // what was done
	Version Version        `json:"version"`         // without Differences
}

// Blame returns who made what there is in the content of the plan as it is, by paths in their order: a row for
// the plan and each part, which says who added or moved it, and a row for each member that was
// changed or removed later. A member without a row is as old as its part. The trail has to be
// whole: it is an [ErrPruned] if it is not. It takes the right to read the plan.
func (s *Service) Blame(ctx context.Context, id string, by penstock.Actor) ([]Blame, error) {
	log, err := s.versionLog(ctx, id, by)
	if err != nil {
		return nil, err
	}
	if log.pruned {
		return nil, fmt.Errorf("who made the first version of plan %s %w", id, ErrPruned)
	}
	rows := make(blameRows)
	for i := range log.versions {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		delta := log.change(i)
		if i == 0 {
			rows.put(Blame{Kind: Added, Version: log.versions[0].Version})
			delta = partsOf(log.versions[0].content)
		}
		for _, x := range delta {
			rows.add(x, log.versions[i].Version)
		}
	}
	return rows.sorted(log.versions[len(log.versions)-1].content), nil
}

// partsOf tells of every part of content but the listeners of phases and tasks, and strategies, as added.
func partsOf(c *Content) Delta {
	return slices.DeleteFunc(Diff(Content{}, *c), func(x Difference) bool { return x.To == nil })
}

// blameRows are rows by path, of each task and each other part of the plan itself.
type blameRows map[string]map[string]Blame

// rowsOf returns the path of the task, or else the part, that a path leads into, and that of the innermost part.
func rowsOf(path string) (outer, inner string) {
	steps, _ := parsePath(path)
	for i, s := range steps {
		if !s.part() {
			break
		}
		inner = fault.Under(inner, s.name) + "[" + s.key + "]"
		if i == 0 || s.name == "tasks" {
			outer = inner
		}
	}
	return outer, inner
}

func (b blameRows) put(row Blame) {
	outer, _ := rowsOf(row.Path)
	if b[outer] == nil {
		b[outer] = make(map[string]Blame)
	}
	b[outer][row.Path] = row
}

// add notes a difference that a version made.
func (b blameRows) add(x Difference, v Version) {
	if x.From != nil && x.To == nil { // removed
		outer, _ := rowsOf(x.Path)
		for path := range b[outer] {
			if rest, ok := strings.CutPrefix(path, x.Path); ok && (rest == "" || rest[0] == '.') {
				delete(b[outer], path)
			}
		}
		return
	}
	if x.From != nil && x.From.In != "" { // what is told of a task goes to its new phase with it
		old := x.From.In + x.Path[strings.LastIndex(x.Path, ".tasks["):]
		rows := b[old]
		delete(b, old)
		for path, row := range rows {
			row.Path = x.Path + strings.TrimPrefix(path, old)
			b.put(row)
		}
	}
	b.put(Blame{Path: x.Path, Kind: x.Kind, Version: v})
}

// sorted returns all rows, with the names that parts have now.
func (b blameRows) sorted(now *Content) []Blame {
	labels := make(map[string]string)
	for _, x := range partsOf(now) {
		labels[x.Path] = x.Label
	}
	var all []Blame
	for outer, rows := range b {
		for path, row := range rows {
			_, inner := rowsOf(path)
			row.Label = cmp.Or(labels[inner], labels[outer])
			all = append(all, row)
		}
	}
	slices.SortFunc(all, func(x, y Blame) int { return strings.Compare(x.Path, y.Path) })
	return all
}
