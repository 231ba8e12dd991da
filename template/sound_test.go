package template_test

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/template"
)

// TestWhatJSONCannotHold is a fault where it stands, and never changed in silence.
func TestWhatJSONCannotHold(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*releaseplan.Content)
		want   string
	}{
		"name":  {func(c *releaseplan.Content) { c.Name = "caf\xe9" }, "name: must be UTF-8"},
		"label": {func(c *releaseplan.Content) { c.Labels = map[string]string{"k": "\xe9"} }, "labels.k: must be UTF-8"},
		"key":   {func(c *releaseplan.Content) { c.Labels = map[string]string{"k\xe9": ""} }, `labels["k\xe9"]: must be UTF-8`},
		"spec":  {func(c *releaseplan.Content) { c.Phases[0].Tasks[0].Spec = raw("{\"a\":\"\xe9\"}") }, "phases[0].tasks[0].spec: must be UTF-8"},
		"number": {func(c *releaseplan.Content) {
			nan := math.NaN()
			c.Safeguards = []releaseplan.Safeguard{{Name: "g", Metric: releaseplan.Metric{Name: "e"}, Above: &nan, Window: penstock.Duration{Days: 1}}}
		}, "safeguards[0].above: must be a number"},
		"year": {func(c *releaseplan.Content) {
			c.Window = &releaseplan.Window{End: time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC)}
		}, "window.end: must be a time in the years 1 to 9999"},
	} {
		tpl := plain("T")
		tpl.Anchor = now
		row.change(&tpl.Content)
		same(t, name, faults(tpl.Validate(nil)), []string{"content." + row.want})
	}
	type text string
	tpl := filled(func(c *releaseplan.Content) { c.Description = "{{s}} {{p}}" })
	for name, params := range map[string]template.Params{
		"string": {"s": "\xe9"}, "kind of string": {"s": text("\xe9")}, "JSON": {"s": json.RawMessage("\"\xe9\"")}} {
		_, err := tpl.Instantiate(template.Arguments{Params: params})
		same(t, name, faults(err), []string{"params.s: must be UTF-8"})
	}
	_, err := tpl.Instantiate(template.Arguments{Params: template.Params{"p": penstock.UserParty("\xe9")}})
	same(t, "party", faults(err), []string{"params.p: must be UTF-8"})
}
