package unleash

import (
	"fmt"
	"net/http"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
)

// bulkMetrics are what a proxy was told by the SDKs behind it.
type bulkMetrics struct {
	Applications []Registration `json:"applications" need:"true"`
	Metrics      []bulkMetric   `json:"metrics" need:"true"`

	_ struct{} `open:"true"`
}

// A bulkMetric is how often one feature was evaluated in about an hour.
type bulkMetric struct {
	FeatureName string    `json:"featureName" need:"true"`
	AppName     string    `json:"appName" need:"true"`
	Environment string    `json:"environment,omitzero"`
	Timestamp   time.Time `json:"timestamp,omitzero"`
	MetricCount
}

// metrics returns what a host is told.
func (m *bulkMetric) metrics(now time.Time) Metrics {
	at := m.Timestamp
	if at.IsZero() {
		at = now
	}
	return Metrics{AppName: m.AppName, Environment: m.Environment, Bucket: MetricsBucket{
		Start: at, Stop: at, Toggles: map[string]MetricCount{m.FeatureName: m.MetricCount}}}
}

func (b *bulkMetrics) check() error {
	var faults []error
	for i := range b.Applications {
		if err := b.Applications[i].check(); err != nil {
			faults = append(faults, penstock.Invalid(fmt.Sprintf("applications[%d].appName", i), "is required"))
		}
	}
	for i := range b.Metrics {
		m, path := &b.Metrics[i], fmt.Sprintf("metrics[%d]", i)
		if m.AppName == "" {
			faults = append(faults, penstock.Invalid(path+".appName", "is required"))
		}
		if m.FeatureName == "" {
			faults = append(faults, penstock.Invalid(path+".featureName", "is required"))
		}
		faults = append(faults, m.MetricCount.check(path))
	}
	return rest.Join(faults)
}

func (a *api) countClients(c *rest.Call) error {
	by, err := a.client(c)
	if err != nil {
		return err
	}
	var what bulkMetrics
	if err := c.Read(&what, true, false); err != nil {
		return err
	}
	if err := what.check(); err != nil {
		return err
	}
	for _, r := range what.Applications {
		a.tellRegistered(c, by, r)
	}
	for i := range what.Metrics {
		a.tellCounted(c, by, what.Metrics[i].metrics(a.Now()))
	}
	return c.Empty(http.StatusAccepted)
}
