package penstock_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
)

func TestNilAuthorizerAllowsEverything(t *testing.T) {
	var authorize penstock.Authorizer
	for _, right := range []penstock.Right{penstock.Read, penstock.Edit, penstock.Execute, penstock.Approve, penstock.Delete, penstock.Admin} {
		if err := authorize.Ask(t.Context(), penstock.Actor{}, right, penstock.Resource{}); err != nil {
			t.Errorf("%s: %v", right, err)
		}
	}
}

func TestAskPassesEverythingOn(t *testing.T) {
	type question struct {
		Who   penstock.Actor
		Right penstock.Right
		On    penstock.Resource
	}
	type key struct{}
	ctx := context.WithValue(t.Context(), key{}, "seen")
	want := question{
		penstock.Actor{ID: "ann", Groups: []string{"sre"}}, penstock.Execute,
		penstock.Resource{Kind: "plan", ID: "1", Name: "Checkout", Folder: penstock.Folder{ID: "7"}, Project: "shop"},
	}
	answer := errors.New("directory is down")

	var got question
	err := penstock.Authorizer(func(ctx context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
		if ctx.Value(key{}) != "seen" {
			t.Error("another context arrived")
		}
		got = question{who, right, on}
		return answer
	}).Ask(ctx, want.Who, want.Right, want.On)
	if !errors.Is(err, answer) {
		t.Errorf("got %v, want the authorizer's error", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestResourceString(t *testing.T) {
	for want, on := range map[string]penstock.Resource{
		`plan "Checkout"`: {Kind: "plan", ID: "1", Name: "Checkout"},
		`plan 1`:          {Kind: "plan", ID: "1"},
	} {
		if got := on.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
