package unleash

import (
	"net/http"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/rest"
)

// A Registration is what an SDK says when it begins: nothing of it is checked, but that it has an AppName.
type Registration struct {
	AppName          string    `json:"appName" need:"true" doc:"of the application that the SDK is part of"`
	InstanceID       string    `json:"instanceId,omitzero"`
	ConnectionID     string    `json:"connectionId,omitzero"`
	Environment      string    `json:"environment,omitzero" doc:"as the SDK is configured; what it reads is that of its token"`
	SDKVersion       string    `json:"sdkVersion,omitzero" doc:"name:version"`
	SDKType          string    `json:"sdkType,omitzero"`
	SpecVersion      string    `json:"specVersion,omitzero" doc:"of the client specification that it follows"`
	PlatformName     string    `json:"platformName,omitzero"`
	PlatformVersion  string    `json:"platformVersion,omitzero"`
	YggdrasilVersion *string   `json:"yggdrasilVersion,omitzero" doc:"of the evaluator, if that is one of its own"`
	Projects         []string  `json:"projects,omitzero"`
	Strategies       []string  `json:"strategies,omitzero" doc:"that the SDK knows by name"`
	Started          time.Time `json:"started,omitzero"`
	Interval         float64   `json:"interval,omitzero" doc:"milliseconds between polls"`

	_ struct{} `open:"true"`
}

func (r *Registration) check() error {
	if r.AppName == "" {
		return penstock.Invalid("appName", "is required")
	}
	return nil
}

func (a *api) registerClient(c *rest.Call) error {
	by, err := a.client(c)
	if err != nil {
		return err
	}
	var what Registration
	if err := c.Read(&what, true, false); err != nil {
		return err
	}
	if err := what.check(); err != nil {
		return err
	}
	a.tellRegistered(c, by, what)
	return c.Empty(http.StatusAccepted)
}

// tellRegistered tells the host. The SDK can do nothing about a failure.
func (a *api) tellRegistered(c *rest.Call, by Client, what Registration) {
	if a.Registered == nil {
		return
	}
	if err := a.Registered(c.Context(), by, what); err != nil {
		c.Log("a registration was not taken", err)
	}
}
