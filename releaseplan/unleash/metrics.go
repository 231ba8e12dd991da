package unleash

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
)

// Metrics are how often an SDK evaluated features. They are what the SDK says: that the features exist,
// and that it may read them, is not checked.
type Metrics struct {
	AppName      string        `json:"appName" need:"true" doc:"of the application that the SDK is part of"`
	InstanceID   string        `json:"instanceId,omitzero"`
	ConnectionID string        `json:"connectionId,omitzero"`
	Environment  string        `json:"environment,omitzero" doc:"as the SDK is configured; what it reads is that of its token"`
	Bucket       MetricsBucket `json:"bucket" need:"true"`
	SDKVersion   string        `json:"sdkVersion,omitzero" doc:"name:version"`

	_ struct{} `open:"true"`
}

// A MetricsBucket is what was counted in a span of time.
type MetricsBucket struct {
	Start   time.Time              `json:"start" need:"true"`
	Stop    time.Time              `json:"stop" need:"true"`
	Toggles map[string]MetricCount `json:"toggles" need:"true" doc:"by the name of the feature"`

	_ struct{} `open:"true"`
}

// A MetricCount is how often one feature was evaluated. No number is below 0.
type MetricCount struct {
	Yes      int64            `json:"yes,omitzero" doc:"on"`
	No       int64            `json:"no,omitzero" doc:"off"`
	Variants map[string]int64 `json:"variants,omitzero" doc:"by the name of the variant"`

	_ struct{} `open:"true"`
}

func (m *Metrics) check() error {
	var faults []error
	if m.AppName == "" {
		faults = append(faults, penstock.Invalid("appName", "is required"))
	}
	if m.Bucket.Toggles == nil {
		faults = append(faults, penstock.Invalid("bucket.toggles", "is required"))
	}
	for _, name := range slices.Sorted(maps.Keys(m.Bucket.Toggles)) {
		faults = append(faults, m.Bucket.Toggles[name].check(fmt.Sprintf("bucket.toggles.%.100s", name)))
	}
	return rest.Join(faults)
}

func (n MetricCount) check(path string) error {
	wrong := n.Yes < 0 || n.No < 0
	for _, v := range n.Variants {
		wrong = wrong || v < 0
	}
	if wrong {
		return penstock.Invalid(path, "must not count below 0")
	}
	return nil
}

func (a *api) countClient(c *rest.Call) error {
	by, err := a.client(c)
	if err != nil {
		return err
	}
	var what Metrics
	if err := c.Read(&what, true, false); err != nil {
		return err
	}
	if err := what.check(); err != nil {
		return err
	}
	a.tellCounted(c, by, what)
	return c.Empty(http.StatusAccepted)
}

// tellCounted tells the host. The SDK can do nothing about a failure.
func (a *api) tellCounted(c *rest.Call, by Client, what Metrics) {
	if a.Counted == nil {
		return
	}
	if err := a.Counted(c.Context(), by, what); err != nil {
		c.Log("metrics were not taken", err)
	}
}
