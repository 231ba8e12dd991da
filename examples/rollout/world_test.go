package main

import (
	"math"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

func TestMeasureCountsTheMinutesOfTheWindow(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC)
	at := func(minute int) time.Time { return begin.Add(time.Duration(minute) * time.Minute) }
	w := &world{begun: begin, minutes: []traffic{{100, 1}, {200, 2}, {400, 40}, {800, 0}}}
	for name, test := range map[string]struct {
		from, to int
		requests int64
		value    float64
	}{
		"a minute":            {1, 2, 200, 0.01},
		"two minutes":         {1, 3, 600, 0.07},
		"all":                 {0, 4, 1500, 43.0 / 1500},
		"what is not yet":     {4, 9, 0, 0},
		"nothing":             {2, 2, 0, 0},
		"before it all began": {-5, 1, 100, 0.01},
	} {
		q := releaseplan.MetricQuery{Metric: releaseplan.Metric{Name: metric}, From: at(test.from), To: at(test.to)}
		got, err := w.Measure(t.Context(), q)
		if err != nil || got.Count != test.requests || math.Abs(got.Value-test.value) > 1e-12 || !got.From.Equal(q.From) || !got.To.Equal(q.To) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if _, err := w.Measure(t.Context(), releaseplan.MetricQuery{Metric: releaseplan.Metric{Name: "latency"}}); err == nil {
		t.Error("an unknown metric was measured")
	}
}

func TestCheckoutFailsUnderLoadUntilItIsFixed(t *testing.T) {
	t.Parallel()
	c := checkout{capacity: 1000}
	last := func(load float64) (p float64) {
		for range 60 {
			p = c.minute(load)
		}
		return p
	}
	if p := last(1000); p != always {
		t.Errorf("within its capacity it fails with %.4f", p)
	}
	high := last(2500)
	if high < 0.012 {
		t.Errorf("above its capacity it fails with %.4f only", high)
	}
	if p := last(500); p > high/4 {
		t.Errorf("an hour later it still fails with %.4f", p)
	}
	c.fix()
	if p := last(10_000); p != always {
		t.Errorf("fixed, it fails with %.4f", p)
	}
}

func TestDiceHitTheirMeans(t *testing.T) {
	t.Parallel()
	d := newDice(1)
	for _, mean := range []float64{0, 0.3, 20, 49, 51, 4000} {
		for name, draw := range map[string]func() int64{
			"poisson":  func() int64 { return d.poisson(mean) },
			"binomial": func() int64 { return d.binomial(10_000, mean/10_000) },
		} {
			const n = 4000
			sum, low := 0.0, int64(0)
			for range n {
				x := draw()
				sum += float64(x)
				low = min(low, x)
			}
			if got := sum / n; math.Abs(got-mean) > 5*math.Sqrt(mean/n) || low < 0 {
				t.Errorf("%s with mean %g: the mean is %g, the least %d", name, mean, got, low)
			}
		}
	}
	if got := d.binomial(10, 1); got != 10 {
		t.Errorf("10 of 10 certain things: %d", got)
	}
}
