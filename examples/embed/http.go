package main

import (
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// maxBody bounds what a request may send, in bytes.
const maxBody = 64 << 10

// maxService bounds the name of a service, in characters: no database indexes all.
const maxService = 100

// A view is how a release is shown: the row, and how far its plan is.
type view struct {
	release
	State releaseplan.State `json:"state"`
	Tasks map[string]string `json:"tasks"` // states by name
}

// handler answers requests; what goes wrong inside is for the log only.
func (d *desk) handler(out *log.Logger) http.Handler {
	mux := http.NewServeMux()
	offered := []releaseplan.Action{releaseplan.Execute, releaseplan.Pause, releaseplan.Resume, releaseplan.Cancel}
	answer := func(pattern string, good int, f func(r *http.Request, by penstock.Actor) (body any, err error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			r.Body = http.MaxBytesReader(w, r.Body, maxBody)
			by := penstock.Actor{ID: r.Header.Get("X-User")} // a real service would authenticate
			if by.ID == "" {
				send(w, http.StatusUnauthorized, map[string]any{"error": "say who you are: X-User is missing"})
				return
			}
			body, err := f(r, by)
			if err != nil {
				refuse(w, err, out)
				return
			}
			send(w, good, body)
		})
	}
	answer("POST /releases", http.StatusCreated, func(r *http.Request, by penstock.Actor) (any, error) {
		asked, err := read(r)
		if err != nil {
			return nil, err
		}
		p, err := d.file(r.Context(), asked, by)
		if err != nil {
			return nil, err
		}
		out.Printf("filed: %s %s by %s, with the plan %s", asked.Service, asked.Name, by.ID, p.ID())
		return d.view(r, p.ID(), by)
	})
	answer("GET /releases/{id}", http.StatusOK, func(r *http.Request, by penstock.Actor) (any, error) {
		return d.view(r, r.PathValue("id"), by)
	})
	answer("DELETE /releases/{id}", http.StatusOK, func(r *http.Request, by penstock.Actor) (any, error) {
		v, err := d.view(r, r.PathValue("id"), by) // as it was
		if err != nil {
			return nil, err
		}
		return v, d.remove(r.Context(), v.Plan, by)
	})
	answer("POST /releases/{id}/{action}", http.StatusOK, func(r *http.Request, by penstock.Actor) (any, error) {
		id, action := r.PathValue("id"), releaseplan.Action(r.PathValue("action"))
		if !slices.Contains(offered, action) {
			return nil, penstock.Invalid("action", "must be one of %q", offered)
		}
		if _, err := d.plans.Do(r.Context(), id, releaseplan.Command{Action: action}, by); err != nil {
			return nil, err
		}
		return d.view(r, id, by)
	})
	return mux
}

// read returns the release that a request asks for.
func read(r *http.Request) (release, error) {
	var asked struct{ Service, Name string }
	in := json.NewDecoder(r.Body)
	in.DisallowUnknownFields()
	if err := in.Decode(&asked); err != nil {
		return release{}, penstock.Invalid("", "the body is not as it should be: %v", err)
	}
	// The name is the plan's, which checks it.
	if s := asked.Service; s == "" || utf8.RuneCountInString(s) > maxService || strings.ContainsFunc(s, unicode.IsControl) {
		return release{}, penstock.Invalid("service", "must be a text of 1 to %d characters, in one line", maxService)
	}
	return release{Service: asked.Service, Name: asked.Name}, nil
}

// view shows a release.
func (d *desk) view(r *http.Request, id string, by penstock.Actor) (view, error) {
	row, p, err := d.show(r.Context(), id, by)
	if err != nil {
		return view{}, err
	}
	v := view{release: row, State: p.State(), Tasks: make(map[string]string)}
	for _, t := range p.Tasks() {
		v.Tasks[t.Name] = string(t.State)
	}
	return v, nil
}

// refuse answers an error by its kind.
func refuse(w http.ResponseWriter, err error, out *log.Logger) {
	body := map[string]any{"error": err.Error()}
	switch {
	case errors.Is(err, penstock.ErrRefused): // first: faults may be behind it
		send(w, http.StatusConflict, body)
	case errors.Is(err, penstock.ErrInvalid):
		fields := make(map[string]string)
		for _, f := range penstock.Faults(err) {
			fields[f.Field] = f.Why
		}
		body["fields"] = fields
		send(w, http.StatusUnprocessableEntity, body)
	case errors.Is(err, penstock.ErrNotFound):
		send(w, http.StatusNotFound, body)
	case errors.Is(err, penstock.ErrForbidden):
		send(w, http.StatusForbidden, body)
	case errors.Is(err, penstock.ErrExists), errors.Is(err, penstock.ErrConflict):
		send(w, http.StatusConflict, body)
	default:
		out.Printf("a request failed: %v", err)
		send(w, http.StatusInternalServerError, map[string]any{"error": "something went wrong here; try again"})
	}
}

func send(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who asked may be gone
}
