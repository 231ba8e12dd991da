package unleash

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
)

// places are 0 to n-1.
func places(n int) []int {
	out := make([]int, n)
	for i := range out {
		out[i] = i
	}
	return out
}

// sorted returns the places of elements in the order of a key; equal ones stay in theirs.
func sorted[E any, K cmp.Ordered](all []E, key func(E) K) []int {
	out := places(len(all))
	slices.SortStableFunc(out, func(i, j int) int { return cmp.Compare(key(all[i]), key(all[j])) })
	return out
}

// arranged returns the elements in an order.
func arranged[E any](all []E, order []int) []E {
	if len(all) == 0 {
		return nil
	}
	out := make([]E, len(all))
	for i, from := range order {
		out[i] = all[from]
	}
	return out
}

// faults are what is wrong with a body.
type faults struct{ all []error }

func (f *faults) add(field, format string, args ...any) {
	f.all = append(f.all, penstock.Invalid(field, format, args...))
}

func (f *faults) join(err error) {
	if err != nil {
		f.all = append(f.all, err)
	}
}

func (f *faults) err() error { return rest.Join(f.all) }

// An origin says where in a body what is stored comes from. The zero origin leaves faults as they are.
type origin struct {
	// milestone returns the path of the milestone at a place in the content, and the
	// places in the body of its strategies; false: it is not of the body.
	milestone func(i int) (path string, strategies []int, ok bool)
}

var (
	contentPath = regexp.MustCompile(`^(?:content\.)?milestones\[(\d+)\](?:\.strategies\[(\d+)\])?(.*)$`)
	wirePaths   = strings.NewReplacer(".after", ".transitionCondition.intervalMinutes", ".sort_order", ".sortOrder")
)

// tell tells faults of stored content by their paths in the body.
func (o origin) tell(err error) error {
	if o.milestone == nil {
		return err
	}
	return rest.Renamed(err, o.path)
}

func (o origin) path(field string) string {
	m := contentPath.FindStringSubmatch(field)
	if m == nil {
		return strings.TrimPrefix(field, "content.")
	}
	i, _ := strconv.Atoi(m[1])
	path, strategies, ok := o.milestone(i)
	if !ok {
		return ""
	}
	if m[2] != "" {
		if j, _ := strconv.Atoi(m[2]); j < len(strategies) {
			path += ".strategies[" + strconv.Itoa(strategies[j]) + "]"
		}
	}
	return strings.TrimPrefix(path+wirePaths.Replace(m[3]), ".")
}
