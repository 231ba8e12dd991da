package arp_test

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/arp"
)

// An operation is one of the description.
type operation struct {
	method, path, id string
	body             bool
	statuses         []int // that are documented
}

func (op operation) String() string { return op.method + " " + strings.TrimPrefix(op.path, arp.Base) }

// fill is the path with the numbers of a plan, and of its first phase and task.
func (op operation) fill(p *releaseplan.Plan) string {
	c := p.Content()
	numbers := []string{"{id}", strconv.FormatInt(p.Number(), 10), "{phase}", "1", "{task}", "1"}
	if len(c.Phases) > 0 {
		numbers[3] = strconv.FormatInt(c.Phases[0].Number, 10)
		if len(c.Phases[0].Tasks) > 0 {
			numbers[5] = strconv.FormatInt(c.Phases[0].Tasks[0].Number, 10)
		}
	}
	return strings.NewReplacer(numbers...).Replace(op.path)
}

// operations are all of the description, by path and method.
func operations(t *testing.T) (all []operation) {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			RequestBody json.RawMessage
			Responses   map[string]json.RawMessage
		}
	}
	if err := json.Unmarshal(arp.OpenAPI(), &doc); err != nil {
		t.Fatal(err)
	}
	for path, methods := range doc.Paths {
		for method, op := range methods {
			o := operation{method: strings.ToUpper(method), path: path, id: op.OperationID, body: op.RequestBody != nil}
			for status := range op.Responses {
				n, err := strconv.Atoi(status)
				if err != nil {
					t.Fatal(err)
				}
				o.statuses = append(o.statuses, n)
			}
			slices.Sort(o.statuses)
			all = append(all, o)
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	if len(all) < 8 {
		t.Fatalf("the description has %d operations", len(all))
	}
	return all
}
