package releaseplan_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A list pages and counts only what its Keep keeps, with an Authorizer and without.
func TestListKeeps(t *testing.T) {
	errBroken := errors.New("broken")
	for name, authorizer := range map[string]penstock.Authorizer{
		"alone": nil,
		"with an Authorizer": func(_ context.Context, _ penstock.Actor, right penstock.Right, on penstock.Resource) error {
			if right == penstock.Read && on.Name == "even 6" {
				return &penstock.ForbiddenError{Right: right, On: on}
			}
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := cService(releaseplan.Config{Authorizer: authorizer})
			var want []string
			for i := range 10 {
				name := fmt.Sprintf("%s %d", [...]string{"even", "odd"}[i%2], i)
				cCreate(t, s, cContent(name, 1, 1, ""))
				if i%2 == 0 && (authorizer == nil || i != 6) {
					want = append(want, name)
				}
			}
			f := releaseplan.Filter{Order: releaseplan.OldestFirst, Keep: func(s releaseplan.Summary) (bool, error) {
				if s.Name == "even 6" && authorizer != nil {
					t.Error("a plan that may not be read was shown to Keep")
				}
				return strings.HasPrefix(s.Name, "even"), nil
			}}
			var got []string
			for f.Limit = 2; ; f.Offset += 2 {
				page, err := s.List(t.Context(), f, cAnn)
				if err != nil {
					t.Fatal(err)
				}
				if page.Total != len(want) {
					t.Errorf("from %d: a total of %d, want %d", f.Offset, page.Total, len(want))
				}
				for _, item := range page.Items {
					got = append(got, item.Name)
				}
				if !page.More(f.Offset) {
					break
				}
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			f.Keep = func(releaseplan.Summary) (bool, error) { return false, errBroken }
			if page, err := s.List(t.Context(), f, cAnn); !errors.Is(err, errBroken) || len(page.Items) > 0 {
				t.Errorf("a Keep that fails: %d plans, %v", len(page.Items), err)
			}
		})
	}
}
