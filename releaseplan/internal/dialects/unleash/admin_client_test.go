package unleash_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"testing"

	admin "github.com/Unleash/unleash-server-api-go/client"
	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
	"github.com/penstock-go/penstock/releaseplan/unleash"
)

// startAdmin returns the admin client of Unleash, as somebody with a token. Every answer that it gets
// has to be as the description says.
func startAdmin(t *testing.T, w *clientWorld, token string) *admin.APIClient {
	t.Helper()
	cfg := admin.NewConfiguration()
	cfg.Servers = admin.ServerConfigurations{{URL: w.URL}}
	cfg.HTTPClient = &http.Client{Transport: &checkedTransport{t, check.Describe(t, unleash.OpenAPI()), w.Client.Transport}}
	if token != "" {
		cfg.AddDefaultHeader("Authorization", token)
	}
	return admin.NewAPIClient(cfg)
}

// A checkedTransport holds every answer against a description.
type checkedTransport struct {
	t    *testing.T
	doc  *check.Description
	next http.RoundTripper
}

func (c *checkedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	got, err := c.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = got.Body.Close() }()
	all, err := io.ReadAll(got.Body)
	if err != nil {
		return nil, err
	}
	if err := c.doc.Check(r, got, all); err != nil {
		c.t.Errorf("%s %s: %v\n%s", r.Method, r.URL, err, all)
	}
	got.Body = io.NopCloser(bytes.NewReader(all))
	return got, nil
}

// The admin client lists the projects, and how many features they have, as these come and go.
func TestAdminClientProjects(t *testing.T) {
	t.Parallel()
	w := newClientWorld(t)
	type counts map[string]float64
	projects := func(request admin.ApiGetProjectsRequest) counts {
		t.Helper()
		all, response, err := request.Execute()
		if err != nil {
			t.Fatal(err)
		}
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK || all.Version != 1 {
			t.Errorf("status %d, version %d", response.StatusCode, all.Version)
		}
		out := make(counts)
		for _, p := range all.Projects {
			if p.Name != p.Id {
				t.Errorf("%s has the name %s", p.Id, p.Name)
			}
			out[p.Id], _ = p.AdditionalProperties["featureCount"].(float64)
		}
		return out
	}
	want := func(when string, want, got counts) {
		t.Helper()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	all := startAdmin(t, w, "ann").ProjectsAPI.GetProjects(t.Context())
	want("without features", counts{}, projects(all))
	for _, f := range [][2]string{{"shop", "checkout"}, {"shop", "search"}, {"bank", "transfer"}, {"default", "cart"}} {
		w.Do("POST", "/api/admin/projects/"+f[0]+"/features", map[string]string{"name": f[1]}).Want(http.StatusCreated)
	}
	want("with four", counts{"bank": 1, "default": 1, "shop": 2}, projects(all))
	want("that are not archived", counts{"bank": 1, "default": 1, "shop": 2}, projects(all.Archived(false)))
	want("that are archived", counts{}, projects(all.Archived(true)))
	w.Do("DELETE", "/api/admin/projects/shop/features/search", nil).Want(http.StatusAccepted)
	w.Do("DELETE", "/api/admin/projects/bank/features/transfer", nil).Want(http.StatusAccepted)
	want("with two archived", counts{"default": 1, "shop": 1}, projects(all))
	want("that are archived themselves", counts{}, projects(all.Archived(true)))
	w.Do("POST", "/api/admin/archive/revive/search", nil).Want(http.StatusOK)
	want("with one back", counts{"default": 1, "shop": 2}, projects(all))

	w.mu.Lock()
	w.denied["feature cart"] = penstock.Read
	w.mu.Unlock()
	want("that Mallory may read", counts{"shop": 2}, projects(startAdmin(t, w, "mallory").ProjectsAPI.GetProjects(t.Context())))
}

// The admin client understands the failures, and what is not served changes nothing.
func TestAdminClientFailures(t *testing.T) {
	t.Parallel()
	w := newClientWorld(t)
	w.feature("checkout", "shop")
	type request func(context.Context, *admin.APIClient) (*http.Response, error)
	list := func(ctx context.Context, c *admin.APIClient) (*http.Response, error) {
		_, r, err := c.ProjectsAPI.GetProjects(ctx).Execute()
		return r, err
	}
	for _, row := range []struct {
		name, token string
		do          request
		status      int
		kind        string
	}{
		{"no token", "", list, http.StatusUnauthorized, "AuthenticationRequired"},
		{"an unknown token", "eve", list, http.StatusUnauthorized, "UnauthorizedError"},
		{"a role", "ann", func(ctx context.Context, c *admin.APIClient) (*http.Response, error) {
			_, r, err := c.UsersAPI.GetRoleById(ctx, "1").Execute()
			return r, err
		}, http.StatusNotFound, "NotFoundError"},
		{"users", "ann", func(ctx context.Context, c *admin.APIClient) (*http.Response, error) {
			_, r, err := c.UsersAPI.GetUser(ctx, "7").Execute()
			return r, err
		}, http.StatusNotFound, "NotFoundError"},
		{"tokens", "ann", func(ctx context.Context, c *admin.APIClient) (*http.Response, error) {
			_, r, err := c.APITokensAPI.GetAllApiTokens(ctx).Execute()
			return r, err
		}, http.StatusNotFound, "NotFoundError"},
		{"a new project", "ann", func(ctx context.Context, c *admin.APIClient) (*http.Response, error) {
			_, r, err := c.ProjectsAPI.CreateProject(ctx).CreateProjectSchema(*admin.NewCreateProjectSchema("Bank")).Execute()
			return r, err
		}, http.StatusMethodNotAllowed, "NotImplementedError"},
		{"a project that goes", "ann", func(ctx context.Context, c *admin.APIClient) (*http.Response, error) {
			return c.ProjectsAPI.DeleteProject(ctx, "shop").Execute()
		}, http.StatusNotFound, "NotFoundError"},
	} {
		t.Run(row.name, func(t *testing.T) {
			r, err := row.do(t.Context(), startAdmin(t, w, row.token))
			failed, ok := errors.AsType[*admin.GenericOpenAPIError](err)
			if !ok {
				t.Fatalf("the error is %v", err)
			}
			_ = r.Body.Close()
			if kind, message := failureOf(t, failed); r.StatusCode != row.status || kind != row.kind || message == "" {
				t.Errorf("status %d, %s: %q, want %d, %s", r.StatusCode, kind, message, row.status, row.kind)
			}
		})
	}
	w.Do("GET", "/api/admin/projects?archived=perhaps", nil).Want(http.StatusBadRequest)
	w.Do("GET", "/api/admin/projects", nil).Want(http.StatusOK, `{"version":1,"projects":[{"id":"shop","name":"shop","featureCount":1}]}`)
}

// failureOf returns what the client read of a failure: by the model that it has for the status, or else
// as the body has it.
func failureOf(t *testing.T, failed *admin.GenericOpenAPIError) (kind, message string) {
	t.Helper()
	switch m := failed.Model().(type) {
	case admin.GetSamlSettings401Response:
		return m.GetName(), m.GetMessage()
	case admin.GetRoleById404Response:
		return m.GetName(), m.GetMessage()
	case nil:
		var body struct{ Name, Message string }
		if err := json.Unmarshal(failed.Body(), &body); err != nil {
			t.Errorf("%v\n%s", err, failed.Body())
		}
		return body.Name, body.Message
	default:
		t.Errorf("the model is a %T", m)
		return "", ""
	}
}
