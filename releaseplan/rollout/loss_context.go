package rollout

import (
	"maps"
	"slices"
)

// standard returns where the standard field of that name is; nil if it is a
// property.
func (c *Context) standard(name string) *string {
	switch name {
	case "userId":
		return &c.UserID
	case "sessionId":
		return &c.SessionID
	case "remoteAddress":
		return &c.RemoteAddress
	case "environment":
		return &c.Environment
	case "appName":
		return &c.AppName
	case "currentTime":
		return &c.CurrentTime
	default:
		return nil
	}
}

// set gives a field a value; an empty one makes it missing.
func (c *Context) set(name, value string) {
	if p := c.standard(name); p != nil {
		*p = value
		return
	}
	if value == "" {
		delete(c.Properties, name)
		if len(c.Properties) == 0 {
			c.Properties = nil
		}
		return
	}
	if c.Properties == nil {
		c.Properties = make(map[string]string)
	}
	c.Properties[name] = value
}

// get returns the value of a field.
func (c *Context) get(name string) string {
	if p := c.standard(name); p != nil {
		return *p
	}
	return c.Properties[name]
}

// fields returns the names of the fields that are there, standard ones first.
func (c *Context) fields() []string {
	all := []string{"userId", "sessionId", "remoteAddress", "environment", "appName", "currentTime"}
	all = append(all, slices.Sorted(maps.Keys(c.Properties))...)
	return slices.DeleteFunc(all, func(name string) bool { return c.get(name) == "" })
}
