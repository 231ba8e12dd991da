package unleash

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
)

func clientOperations() []rest.Operation[*api] {
	unknown := openapi.Answer{Status: http.StatusUnauthorized, Body: clientFailure{}}
	spec := openapi.Param{Name: "Unleash-Client-Spec", About: "the version of the client specification that the SDK follows; below 4.2.0, or without it, segments are sent as constraints"}
	return []rest.Operation[*api]{
		{Handle: (*api).getClientFeatures, Open: true, Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/api/client/features", ID: "getAllClientFeatures", Tag: "Client",
			Summary: "What an SDK evaluates: the features of its environment, as the live milestones of plans serve them",
			Query:   []openapi.Param{{Name: "project", About: "only features of this one"}, {Name: "namePrefix", About: "only features whose names begin so"}},
			Header:  []openapi.Param{spec, {Name: "If-None-Match", About: "the ETag of the answer that the SDK has"}},
			Answers: []openapi.Answer{{Status: http.StatusOK, Body: clientFeatures{}}, {Status: http.StatusNotModified}, unknown},
		}},
		{Handle: (*api).getClientFeature, Open: true, Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/api/client/features/{featureName}", ID: "getClientFeature", Tag: "Client",
			Summary: "One feature of the environment of an SDK, with the constraints of its segments",
			Answers: []openapi.Answer{{Status: http.StatusOK, Body: clientFeature{}}, unknown},
		}},
		{Handle: (*api).registerClient, Open: true, Operation: openapi.Operation{
			Method: http.MethodPost, Path: "/api/client/register", ID: "registerClientApplication", Tag: "Client",
			Summary: "An SDK begins", Body: Registration{},
			Answers: []openapi.Answer{{Status: http.StatusAccepted}, unknown},
		}},
		{Handle: (*api).countClient, Open: true, Operation: openapi.Operation{
			Method: http.MethodPost, Path: "/api/client/metrics", ID: "registerClientMetrics", Tag: "Client",
			Summary: "How often an SDK evaluated features", Body: Metrics{},
			Answers: []openapi.Answer{{Status: http.StatusAccepted}, unknown},
		}},
		{Handle: (*api).countClients, Open: true, Operation: openapi.Operation{
			Method: http.MethodPost, Path: "/api/client/metrics/bulk", ID: "clientBulkMetrics", Tag: "Client",
			Summary: "What SDKs behind a proxy said", Body: bulkMetrics{},
			Answers: []openapi.Answer{{Status: http.StatusAccepted}, unknown},
		}},
	}
}

// client finds out which SDK asks.
func (a *api) client(c *rest.Call) (Client, error) {
	by, err := a.Client(c.R)
	if err != nil {
		return Client{}, &clientError{err}
	}
	return by, nil
}

func (a *api) getClientFeatures(c *rest.Call) error {
	by, err := a.client(c)
	if err != nil {
		return err
	}
	from, err := a.snapshot(c.Context(), by.Environment)
	if err != nil {
		return err
	}
	v, err := a.served.view(from, asks(by, c.Query("project"), c.Query("namePrefix"), c.R.Header.Get("Unleash-Client-Spec")))
	if err != nil {
		return err
	}
	h := c.W.Header()
	h.Set("ETag", v.tag)
	h.Set("Cache-Control", "private, no-cache")
	h.Set("Vary", "Authorization, Unleash-Client-Spec")
	if matches(c.R.Header.Get("If-None-Match"), v.tag) {
		return c.Empty(http.StatusNotModified)
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(v.body)))
	h.Set("X-Content-Type-Options", "nosniff")
	c.W.WriteHeader(http.StatusOK)
	_, _ = c.W.Write(v.body) // the client may be gone
	return nil
}

func (a *api) getClientFeature(c *rest.Call) error {
	by, err := a.client(c)
	if err != nil {
		return err
	}
	from, err := a.snapshot(c.Context(), by.Environment)
	if err != nil {
		return err
	}
	q, name := asks(by, "", "", ""), c.Path("featureName")
	for i := range from.features {
		if f := &from.features[i]; f.Name == name && q.sees(f) {
			return c.JSON(http.StatusOK, f.inlined(from.segments))
		}
	}
	return fmt.Errorf("feature %.100q: %w", name, penstock.ErrNotFound)
}
