package unleash

import (
	"fmt"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// A planSafeguard watches a metric, and pauses the progressions of a plan when it goes
// where it should not.
type planSafeguard struct {
	ID               string              `json:"id"`
	Action           planSafeguardAction `json:"action"`
	TriggerCondition safeguardTrigger    `json:"triggerCondition"`
	ImpactMetric     planSafeguardMetric `json:"impactMetric"`
}

// A planSafeguardAction is what a safeguard does.
type planSafeguardAction struct {
	Type string `json:"type" enum:"pauseReleasePlanProgressions"`
	ID   string `json:"id" doc:"of the plan"`
}

// A planSafeguardMetric is a metric that is watched.
type planSafeguardMetric struct {
	ID string `json:"id"`
	safeguardMetric
}

// A safeguardTrigger is where a metric should not go.
type safeguardTrigger struct {
	Operator  string  `json:"operator" enum:">,<"`
	Threshold float64 `json:"threshold"`
}

// A safeguardMetric says what is measured.
type safeguardMetric struct {
	MetricName      string              `json:"metricName"`
	TimeRange       string              `json:"timeRange" enum:"hour,day,week,month" doc:"what is judged is the latest 1 minute, 15 minutes, 3 hours or 1 day"`
	AggregationMode string              `json:"aggregationMode" doc:"rps, count, avg, sum, p95, p99 or p50; plans of other origin may have others"`
	LabelSelectors  map[string][]string `json:"labelSelectors"`
	Source          string              `json:"source" doc:"internal or external; plans of other origin may have others"`
}

// A safeguardBody is a safeguard as it is written.
type safeguardBody struct {
	ImpactMetric     *safeguardMetricBody  `json:"impactMetric,omitempty" need:"true"`
	TriggerCondition *safeguardTriggerBody `json:"triggerCondition,omitempty" need:"true"`
}

// A safeguardMetricBody is a metric as it is written.
type safeguardMetricBody struct {
	ID              *string             `json:"id" need:"false" doc:"is not read"`
	MetricName      string              `json:"metricName"`
	TimeRange       string              `json:"timeRange" enum:"hour,day,week,month"`
	AggregationMode string              `json:"aggregationMode" enum:"rps,count,avg,sum,p95,p99,p50"`
	LabelSelectors  map[string][]string `json:"labelSelectors"`
	Source          string              `json:"source" need:"false" enum:"internal,external" doc:"default: internal"`
}

// A safeguardTriggerBody is a trigger as it is written.
type safeguardTriggerBody struct {
	Operator  string   `json:"operator" enum:">,<"`
	Threshold *float64 `json:"threshold,omitempty" need:"true"`
}

// The stretches of time that are judged where a range of time is looked at.
var windows = []struct {
	timeRange string
	window    time.Duration
}{{"hour", time.Minute}, {"day", 15 * time.Minute}, {"week", 3 * time.Hour}, {"month", 24 * time.Hour}}

var (
	aggregations = []string{"rps", "count", "avg", "sum", "p95", "p99", "p50"}
	sources      = []string{"internal", "external"}
)

func toPlanSafeguard(g *releaseplan.Safeguard, plan string) planSafeguard {
	out := planSafeguard{ID: g.ID, Action: planSafeguardAction{"pauseReleasePlanProgressions", plan}}
	switch {
	case g.Above != nil:
		out.TriggerCondition = safeguardTrigger{">", *g.Above}
	case g.Below != nil:
		out.TriggerCondition = safeguardTrigger{"<", *g.Below}
	}
	m := safeguardMetric{MetricName: g.Metric.Name, AggregationMode: g.Metric.Aggregation, LabelSelectors: g.Metric.Labels, Source: g.Metric.Source}
	if m.LabelSelectors == nil {
		m.LabelSelectors = map[string][]string{}
	}
	for k, values := range m.LabelSelectors {
		m.LabelSelectors[k] = notNil(values)
	}
	if m.Source == "" {
		m.Source = sources[0]
	}
	from := time.Unix(0, 0).UTC()
	length := g.Window.AddTo(from).Sub(from)
	m.TimeRange = windows[len(windows)-1].timeRange
	for _, w := range slices.Backward(windows) {
		if length <= w.window {
			m.TimeRange = w.timeRange
		}
	}
	out.ImpactMetric = planSafeguardMetric{g.ID, m}
	return out
}

// apply makes the safeguard what the body says. What the body cannot say stays as it is.
func (b *safeguardBody) apply(g *releaseplan.Safeguard) error {
	var v faults
	if m := b.ImpactMetric; m == nil {
		v.add("impactMetric", "is required")
	} else {
		if m.MetricName == "" {
			v.add("impactMetric.metricName", "must not be empty")
		}
		if m.LabelSelectors == nil {
			v.add("impactMetric.labelSelectors", "is required")
		}
		v.oneOf("impactMetric.aggregationMode", m.AggregationMode, aggregations)
		if m.Source == "" {
			m.Source = sources[0]
		}
		v.oneOf("impactMetric.source", m.Source, sources)
		g.Metric = releaseplan.Metric{Name: m.MetricName, Aggregation: m.AggregationMode, Labels: m.LabelSelectors, Source: m.Source}
		at := slices.IndexFunc(windows, func(w struct {
			timeRange string
			window    time.Duration
		}) bool {
			return w.timeRange == m.TimeRange
		})
		if at < 0 {
			v.add("impactMetric.timeRange", "must be hour, day, week or month")
		} else {
			g.Window = penstock.FromTime(windows[at].window)
		}
	}
	g.Above, g.Below, g.Clear = nil, nil, nil
	switch t := b.TriggerCondition; {
	case t == nil:
		v.add("triggerCondition", "is required")
	case t.Threshold == nil:
		v.add("triggerCondition.threshold", "is required")
	case t.Operator == ">":
		g.Above = t.Threshold
	case t.Operator == "<":
		g.Below = t.Threshold
	default:
		v.add("triggerCondition.operator", "must be > or <")
	}
	return v.err()
}

// oneOf checks that a value is one of those that there are.
func (f *faults) oneOf(field, value string, all []string) {
	if !slices.Contains(all, value) {
		f.add(field, "must be one of %s", fmt.Sprint(all))
	}
}
