package openapi_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/internal/openapi"
)

type plan struct {
	ID     int               `json:"id" doc:"given"`
	Name   string            `json:"name"`
	Kind   string            `json:"kind" enum:"a,b"`
	Tags   []string          `json:"tags,omitempty" enum:"x,y"`
	Next   *plan             `json:"next"`
	Owner  *owner            `json:"owner,omitempty"`
	At     time.Time         `json:"at,omitzero"`
	Ended  *time.Time        `json:"ended"`
	Spec   json.RawMessage   `json:"spec"`
	Labels map[string]string `json:"labels,omitempty"`
	Weight float64           `json:"weight,omitempty"`
	Either either            `json:"either,omitzero"`
	UUID   string            `json:"uuid" format:"uuid"`
	Any    any               `json:"any" open:"true"`
	Needed string            `json:"needed,omitempty" need:"true"`
	Hidden string            `json:"-"`
	stamp
}

type owner struct {
	_    struct{} `open:"true"`
	Name string   `json:"name"`
}

type stamp struct {
	By string `json:"by"`
}

type either struct{}

func (either) OpenAPI(of func(any) any) any {
	return map[string]any{"anyOf": []any{of(""), of([]string(nil))}}
}

type failure struct {
	Code int `json:"code"`
}

var info = openapi.Info{Title: "Plans", Version: "1", Security: "Authorization", Failure: failure{}, Fails: []int{401, 404}, NoContent: []int{401}}

func TestDescribe(t *testing.T) {
	t.Parallel()
	got, err := openapi.Describe(info, []openapi.Operation{
		{Method: "GET", Path: "/plans/{id}", ID: "get", Summary: "A plan", Tag: "plans", Answers: []openapi.Answer{{Status: 200, Body: plan{}}}},
		{Method: "POST", Path: "/plans", ID: "create", Body: plan{}, Answers: []openapi.Answer{{Status: 201, Body: []plan(nil)}}, Fails: []int{409}},
		{Method: "GET", Path: "/plans", ID: "list", Query: []openapi.Param{{Name: "n", Type: openapi.Integer, About: "how many"}, {Name: "order", Enum: []string{"up"}, Required: true}},
			Answers: []openapi.Answer{{Status: 200, Type: "text/plain"}, {Status: 204}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("testdata/plans.json")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// An answer of one status can have several types.
func TestAnswersOfOneStatus(t *testing.T) {
	t.Parallel()
	got, err := openapi.Describe(info, []openapi.Operation{{Method: "GET", Path: "/trail", ID: "trail", Fails: []int{200},
		Answers: []openapi.Answer{{Status: 200, Type: "text/csv"}, {Status: 200, Body: 1}, {Status: 200}, {Status: 206, Type: "text/html"}}}})
	if err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct {
				Content map[string]struct{ Schema struct{ Type string } }
			}
		}
	}
	if err := json.Unmarshal(got, &doc); err != nil {
		t.Fatal(err)
	}
	content := doc.Paths["/trail"]["get"].Responses["200"].Content
	if len(content) != 2 || content["text/csv"].Schema.Type != "string" || content["application/json"].Schema.Type != "integer" {
		t.Errorf("%s", got)
	}
}

func TestWhatCannotBeDescribed(t *testing.T) {
	t.Parallel()
	type failure struct{ Other string }
	for rule, operations := range map[string][]openapi.Operation{
		"the same id twice":            {{Method: "GET", Path: "/a", ID: "a"}, {Method: "GET", Path: "/b", ID: "a"}},
		"two types of one name":        {{Method: "GET", Path: "/a", ID: "a", Answers: []openapi.Answer{{Status: 200, Body: failure{}}}}},
		"a type that JSON cannot hold": {{Method: "GET", Path: "/a", ID: "a", Answers: []openapi.Answer{{Status: 200, Body: make(chan int)}}}},
	} {
		if _, err := openapi.Describe(info, operations); err == nil {
			t.Errorf("%s: no error", rule)
		} else if strings.TrimSpace(err.Error()) == "" {
			t.Errorf("%s: an error without words", rule)
		}
	}
}
