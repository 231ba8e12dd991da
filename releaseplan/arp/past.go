package arp

import (
	"errors"
	"net/http"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/releaseplan"
)

var pastParams = []openapi.Param{
	{Name: "at", About: "the plan as it was at a time, such as 2016-12-13T00:00:00Z, without actions; default: as it is"},
}

// showPast answers with the plan as it was at a time. Nothing can be done with what was.
func (r *request) showPast() error {
	then, err := instant(r.Query("at"), "at")
	if err != nil {
		return r.badTime(err)
	}
	if err := r.read(); err != nil {
		return err
	}
	p, err := r.Plans.At(r.Context(), r.plan.ID(), then, r.Actor)
	body := failure{Code: codeGeneric}
	switch {
	case errors.Is(err, releaseplan.ErrPruned):
		body.Error = "The release plan as it was then is not kept any more."
	case errors.Is(err, penstock.ErrNotFound):
		body.Error = "The release plan did not exist then."
	case errors.Is(err, penstock.ErrInvalid):
		return r.badTime(err)
	case err != nil:
		return err
	}
	if body.Error != "" {
		body.Details = err.Error()
		return &failed{http.StatusNotFound, body, err}
	}
	v, err := r.viewWith(p, false, false, newBook())
	if err != nil {
		return err
	}
	return r.JSON(http.StatusOK, v.plan())
}

// badTime says what is wrong with the time.
func (r *request) badTime(err error) error {
	why := err.Error()
	for _, f := range penstock.Faults(err) {
		why = f.Why
	}
	return &rest.ParamError{Name: "at", Value: r.Query("at"), Why: why}
}
