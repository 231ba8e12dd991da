package main

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// Rights × folders × projects.
func TestWhatPeopleMayDo(t *testing.T) {
	t.Parallel()
	c := crewed(t)
	on := func(kind, folder, project string) penstock.Resource {
		return penstock.Resource{Kind: kind, ID: "x", Folder: penstock.Folder{Name: folder}, Project: project}
	}
	type row struct {
		who   string
		right penstock.Right
		on    penstock.Resource
		may   bool
	}
	var rows []row
	for _, right := range rights() {
		read := right == penstock.Read
		rows = append(rows, []row{
			{"root", right, on("plan", "ANY", ""), true},
			{"root", right, on("workflow", "", "any"), true},
			{"ann", right, on("plan", "DEFAULT", ""), true},
			{"ann", right, on("plan", "OTHER", ""), false},
			{"ann", right, on("plan", "", ""), false},
			{"ann", right, on("plan", "", "shop"), true},
			{"ann", right, on("plan", "OTHER", "shop"), false},
			{"ann", right, on("plan", "DEFAULT", "shop"), true},
			{"ann", right, on("plan", "DEFAULT", "other"), false},
			{"ann", right, on("plan", "", "other"), false},
			{"ann", right, on("workflow", "", "shop"), true},
			{"ann", right, on("workflow", "DEFAULT", "other"), false},
			{"ann", right, on("feature", "", "other"), false},
			{"ann", right, on("segment", "", ""), read},
			{"bob", right, on("plan", "ANY", ""), read},
			{"bob", right, on("template", "", "any"), read},
			{"bob", right, on("segment", "", ""), read},
			{"eve", right, on("plan", "DEFAULT", ""), false},
			{"eve", right, on("plan", "OTHER", ""), true},
			{"eve", right, on("view", "", "shop"), false},
			{"stranger", right, on("plan", "DEFAULT", ""), false},
			{"stranger", right, on("segment", "", ""), false},
			{"", right, on("plan", "DEFAULT", ""), false},
		}...)
	}
	rows = append(rows, row{"ann", penstock.Read, penstock.Resource{Kind: "plan", Folder: penstock.Folder{ID: "DEFAULT", Name: "Default folder"}}, true})
	for _, r := range rows {
		err := c.allow(r.who, r.right, r.on)
		var forbidden *penstock.ForbiddenError
		if (err == nil) != r.may || err != nil && (!errors.As(err, &forbidden) || forbidden.Right != r.right || forbidden.On != r.on) {
			t.Errorf("%s, %s on %v: %v", r.who, r.right, r.on, err)
		}
	}
}

// A list that is not given is of everything, and an empty one of nothing.
func TestEmptyListsAreNone(t *testing.T) {
	t.Parallel()
	c, err := parseTokens([]byte(`{"people": [
 {"token": "all-token-0000000", "id": "all"},
 {"token": "idle-token-000000", "id": "idle", "rights": []},
 {"token": "loft-token-000000", "id": "loft", "folders": []},
 {"token": "home-token-000000", "id": "home", "projects": []},
 {"token": "none-token-000000", "id": "none", "folders": [], "projects": []}],
"clients": [{"token": "sdk-token-0000000", "environment": "x"}, {"token": "sdk-token-0000001", "environment": "x", "projects": []}]}`))
	if err != nil {
		t.Fatal(err)
	}
	filed := penstock.Resource{Kind: "plan", Folder: penstock.Folder{Name: "DEFAULT"}}
	shop := penstock.Resource{Kind: "plan", Project: "shop"}
	both := penstock.Resource{Kind: "plan", Folder: penstock.Folder{Name: "DEFAULT"}, Project: "shop"}
	flow := penstock.Resource{Kind: "workflow", Project: "shop"}
	for who, want := range map[string][4]bool{
		"all":  {true, true, true, true},
		"idle": {},
		"loft": {false, true, false, true},
		"home": {true, false, false, false},
		"none": {},
	} {
		for i, on := range []penstock.Resource{filed, shop, both, flow} {
			for _, right := range rights() {
				if err := c.allow(who, right, on); (err == nil) != want[i] {
					t.Errorf("%s, %s on %v: %v", who, right, on, err)
				}
			}
		}
	}
	for token, all := range map[string]bool{"sdk-token-0000000": true, "sdk-token-0000001": false} {
		got, err := c.client(&http.Request{Header: http.Header{"Authorization": {token}}})
		if err != nil || (got.Projects == nil) != all || len(got.Projects) > 0 {
			t.Errorf("%s: %#v, %v", token, got, err)
		}
	}
}

// A plan may do with workflows what those may who wrote it.
func TestWhatPlansMayDo(t *testing.T) {
	t.Parallel()
	o, _ := parse([]string{"-db", t.TempDir() + "/penstock.db"}, t.Output())
	h, err := open(t.Context(), o, crewed(t), newLog(t.Output(), 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.close() })
	ann, root := penstock.Actor{ID: "ann"}, penstock.Actor{ID: "root", Admin: true}
	written := func(by, editor penstock.Actor) string {
		p, err := h.plans.Create(t.Context(), releaseplan.Content{Name: fmt.Sprint(by.ID, editor.ID), Folder: penstock.Folder{Name: "DEFAULT"}, Owner: penstock.UserParty("ann"),
			Phases: []releaseplan.Phase{{Name: "p", Tasks: []releaseplan.Task{{Name: "t", Kind: releaseplan.Manual}}}}}, by)
		if err == nil && editor.ID != "" {
			_, err = h.plans.Edit(t.Context(), p.ID(), 0, func(c *releaseplan.Content) error { c.Description = "changed"; return nil }, editor)
		}
		if err != nil {
			t.Fatal(err)
		}
		return planPrefix + p.ID()
	}
	shop, other := penstock.Resource{Kind: "workflow", Project: "shop"}, penstock.Resource{Kind: "workflow", Project: "other"}
	for _, test := range []struct {
		what string
		who  string
		on   penstock.Resource
		may  bool
	}{
		{"ann's, her project", written(ann, penstock.Actor{}), shop, true},
		{"ann's, another project", written(ann, penstock.Actor{}), other, false},
		{"root's, any project", written(root, penstock.Actor{}), other, true},
		{"root's, edited by ann, her project", written(root, ann), shop, true},
		{"root's, edited by ann", written(root, ann), other, false},
		{"ann's, edited by root", written(ann, root), other, false},
		{"a plan that is not there", planPrefix + "none", shop, false},
	} {
		if err := h.authorize(t.Context(), penstock.Actor{ID: test.who}, penstock.Execute, test.on); (err == nil) != test.may || err != nil && !errors.Is(err, penstock.ErrForbidden) {
			t.Errorf("%s: %v", test.what, err)
		}
	}
}
