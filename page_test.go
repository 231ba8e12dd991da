package penstock_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
)

func TestNormalPage(t *testing.T) {
	for _, row := range []struct {
		rule     string
		in, want penstock.Page
	}{
		{"no limit means the default", penstock.Page{}, penstock.Page{Limit: penstock.DefaultLimit}},
		{"the offset stays", penstock.Page{Offset: 7}, penstock.Page{Offset: 7, Limit: penstock.DefaultLimit}},
		{"the least limit", penstock.Page{Limit: 1}, penstock.Page{Limit: 1}},
		{"the greatest limit", penstock.Page{Limit: penstock.MaxLimit}, penstock.Page{Limit: penstock.MaxLimit}},
	} {
		got, err := row.in.Normal()
		if err != nil || got != row.want {
			t.Errorf("%s: got %+v and %v, want %+v", row.rule, got, err, row.want)
		}
	}
}

func TestNormalPageTellsEveryFault(t *testing.T) {
	offset := penstock.Invalid("offset", "must not be negative")
	limit := penstock.Invalid("limit", "must be from 0 to 1000")
	for _, row := range []struct {
		in   penstock.Page
		want []*penstock.InvalidError
	}{
		{penstock.Page{Offset: -1, Limit: 1}, []*penstock.InvalidError{offset}},
		{penstock.Page{Limit: -1}, []*penstock.InvalidError{limit}},
		{penstock.Page{Limit: penstock.MaxLimit + 1}, []*penstock.InvalidError{limit}},
		{penstock.Page{Offset: -1, Limit: -1}, []*penstock.InvalidError{offset, limit}},
	} {
		got, err := row.in.Normal()
		if !errors.Is(err, penstock.ErrInvalid) || got != (penstock.Page{}) {
			t.Errorf("%+v becomes %+v and %v, want an ErrInvalid alone", row.in, got, err)
		}
		if diff := cmp.Diff(row.want, penstock.Faults(err)); diff != "" {
			t.Errorf("%+v: -want +got:\n%s", row.in, diff)
		}
	}
}

func TestListMore(t *testing.T) {
	two := []string{"a", "b"}
	for _, row := range []struct {
		rule   string
		list   penstock.List[string]
		offset int
		want   bool
	}{
		{"empty", penstock.List[string]{}, 0, false},
		{"the first of two pages", penstock.List[string]{Items: two, Total: 3}, 0, true},
		{"the last page", penstock.List[string]{Items: two, Total: 3}, 1, false},
		{"all", penstock.List[string]{Items: two, Total: 2}, 0, false},
		{"behind the end", penstock.List[string]{Total: 3}, 5, false},
		{"a page of nothing", penstock.List[string]{Total: 3}, 0, true},
	} {
		if got := row.list.More(row.offset); got != row.want {
			t.Errorf("%s: %t, want %t", row.rule, got, row.want)
		}
	}
}
