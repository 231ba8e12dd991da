package arp

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/internal/keyed"
)

// An operation is a row in the tables of what this API does.
type operation struct {
	method, path string // path: below [Base]
	id, summary  string
	query        []openapi.Param
	body         any      // the zero value of what is read; nil: nothing is
	bare         bool     // the body can be left out
	status       int      // of success; default: 200
	answer       any      // the zero value of what is written; nil: a text
	types        []string // of a text: the media types that it can have; default: application/json
	says         wording
	handle       func(*request) error
}

// table makes operations of rows.
func table(tag string, rows []operation) []rest.Operation[*api] {
	all := make([]rest.Operation[*api], len(rows))
	for i, row := range rows {
		if row.status == 0 {
			row.status = http.StatusOK
		}
		answers := []openapi.Answer{{Status: row.status, Body: row.answer, Type: "application/json"}}
		if len(row.types) > 0 {
			answers = nil
		}
		for _, media := range row.types {
			answers = append(answers, openapi.Answer{Status: row.status, Type: media})
		}
		all[i] = rest.Operation[*api]{
			Operation: openapi.Operation{
				Method: row.method, Path: Base + row.path, ID: row.id, Summary: row.summary, Tag: tag, Query: row.query, Body: row.body, Bare: row.bare,
				Answers: answers, Fails: row.fails(),
			},
			Keyed: row.method != http.MethodGet,
			Handle: func(a *api, c *rest.Call) error {
				r := &request{Call: c, api: a}
				return row.says.say(r, row.handle(r))
			},
		}
	}
	return all
}

// fails are the statuses of failures that are the row's, beside those of every operation.
func (o operation) fails() (all []int) {
	if strings.Contains(o.path, "{id}") {
		all = append(all, http.StatusForbidden, http.StatusNotFound)
	} else if o.method != http.MethodGet {
		all = append(all, http.StatusForbidden)
	}
	if o.method != http.MethodGet {
		all = append(all, http.StatusConflict)
	}
	if o.body != nil {
		all = append(all, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	return all
}

// A request is a call, and what it turned out to be about.
type request struct {
	*rest.Call
	*api
	plan *releaseplan.Plan     // that the path names, once it was read
	task *releaseplan.TaskView // likewise
}

// read finds the plan that the path names.
func (r *request) read() (err error) {
	n, err := number(r.Path("id"))
	if err != nil {
		return err
	}
	r.plan, err = r.keyed().GetByNumber(n)
	return err
}

// keyed are the plans, for requests that may have an idempotency key.
func (r *request) keyed() keyed.Plans { return keyed.Of(r.Plans, r.Call) }

// number reads an id as this API writes it: anything else names nothing.
func number(id string) (int64, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n <= 0 || strconv.FormatInt(n, 10) != id {
		return 0, fmt.Errorf("the id: %w", penstock.ErrNotFound)
	}
	return n, nil
}

// subject is what a state refuses something of.
func (r *request) subject() string {
	switch {
	case r.task != nil:
		return r.task.Name
	case r.plan != nil:
		return r.plan.Name()
	default:
		return ""
	}
}

func (r *request) stateWord() string {
	switch {
	case r.task != nil:
		return taskWord(*r.task, r.plan.State())
	case r.plan != nil:
		return wordOf(r.plan)
	default:
		return ""
	}
}

// deleted is the answer to every successful delete.
func (r *request) deleted() error {
	return r.Text(http.StatusOK, "application/json", "object was deleted successfully.")
}
