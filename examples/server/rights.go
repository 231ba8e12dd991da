package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/unleash"
)

var errNobody = errors.New("no token that is known")

// presented is the token in the header Authorization, with or without Bearer.
func presented(r *http.Request) digest {
	value := r.Header.Get("Authorization")
	if kind, rest, ok := strings.Cut(value, " "); ok && strings.EqualFold(kind, "Bearer") {
		value = rest
	}
	return sha256.Sum256([]byte(strings.TrimSpace(value)))
}

// who says who asks.
func (t *tokens) who(r *http.Request) (penstock.Actor, error) {
	p, ok := t.people[presented(r)]
	if !ok {
		return penstock.Actor{}, errNobody
	}
	return penstock.Actor{ID: p.ID, Name: p.Name, Email: p.Email, Groups: slices.Clone(p.Groups), Admin: p.Admin}, nil
}

// client says what an SDK reads.
func (t *tokens) client(r *http.Request) (unleash.Client, error) {
	c, ok := t.clients[presented(r)]
	if !ok {
		return unleash.Client{}, errNobody
	}
	return unleash.Client{Environment: c.Environment, Projects: slices.Clone(c.Projects)}, nil
}

// rights are those that somebody can have without being an admin.
func rights() []penstock.Right {
	return []penstock.Right{penstock.Read, penstock.Edit, penstock.Execute, penstock.Approve, penstock.Delete}
}

// allow is what a person may do: what their rights say, on plans of their folders and on
// everything else of their projects. A plan that rolls a feature out is of the feature's project
// too. What is of no project is for all to read.
func (t *tokens) allow(id string, right penstock.Right, on penstock.Resource) error {
	p, ok := t.byID[id]
	mine := func(all limit[string], names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return name != "" && all.has(name) }) || all == nil
	}
	switch {
	case t.made != "" || ok && p.Admin:
		return nil
	case !ok, !p.Rights.has(right):
	case on.Kind == "plan" && on.Project != "" && !mine(p.Projects, on.Project):
	case on.Kind == "plan" && (on.Project != "" && on.Folder.Key() == "" || mine(p.Folders, on.Folder.ID, on.Folder.Name)):
		return nil
	case on.Kind != "plan" && (on.Project == "" && right == penstock.Read || mine(p.Projects, on.Project)):
		return nil
	}
	return &penstock.ForbiddenError{Right: right, On: on}
}

// callbackID is who answers the gates of plans with a one-time code, and has no token: see package
// releaseplan/zadig.
const callbackID = "zadig:callback"

// planPrefix begins the ids of plans as actors: see package releaseplan/runs.
const planPrefix = "plan:"

// authorize is the penstock.Authorizer. A plan may do with workflows what both may who made it
// and who edited it last: nobody borrows rights by writing a plan.
func (h *host) authorize(ctx context.Context, who penstock.Actor, right penstock.Right, on penstock.Resource) error {
	id, isPlan := strings.CutPrefix(who.ID, planPrefix)
	switch {
	case who.Admin:
		return nil
	case who.ID == callbackID && on.Kind == "plan" && (right == penstock.Read || right == penstock.Execute):
		return nil // its code is what counts, and the plans refuse a wrong one
	case !isPlan:
		return h.tokens.allow(who.ID, right, on)
	}
	p, err := h.plans.Get(ctx, id, itself())
	if errors.Is(err, penstock.ErrNotFound) {
		return &penstock.ForbiddenError{Right: right, On: on}
	}
	if err != nil {
		return err
	}
	status := p.Status()
	return errors.Join(h.tokens.allow(status.Created.By.ID, right, on), h.tokens.allow(status.Edited.By.ID, right, on))
}

// itself is the server as an actor.
func itself() penstock.Actor { return penstock.Actor{ID: "server", Admin: true} }
