package rollout

import "encoding/json"

// A Context says for whom a feature is evaluated. Empty and missing are the same.
// Evaluation reads it and keeps nothing of it.
type Context struct {
	UserID        string            `json:"userId,omitempty"`
	SessionID     string            `json:"sessionId,omitempty"`
	RemoteAddress string            `json:"remoteAddress,omitempty"` // IPv4 or IPv6, without a port
	Environment   string            `json:"environment,omitempty"`
	AppName       string            `json:"appName,omitempty"`
	CurrentTime   string            `json:"currentTime,omitempty"` // RFC 3339; empty for now
	Properties    map[string]string `json:"properties,omitempty"`  // every other field; a standard name in here is never read
}

// UnmarshalJSON takes numbers and booleans as their text, 12.0 as 12, and null as
// missing. A property that is an object or array is missing, too; anywhere else
// it is an error.
func (c *Context) UnmarshalJSON(data []byte) error {
	var in struct {
		UserID        scalar                     `json:"userId"`
		SessionID     scalar                     `json:"sessionId"`
		RemoteAddress scalar                     `json:"remoteAddress"`
		Environment   scalar                     `json:"environment"`
		AppName       scalar                     `json:"appName"`
		CurrentTime   scalar                     `json:"currentTime"`
		Properties    map[string]json.RawMessage `json:"properties"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return err
	}
	*c = Context{
		UserID: string(in.UserID), SessionID: string(in.SessionID), RemoteAddress: string(in.RemoteAddress),
		Environment: string(in.Environment), AppName: string(in.AppName), CurrentTime: string(in.CurrentTime),
	}
	if in.Properties != nil {
		c.Properties = make(map[string]string, len(in.Properties))
	}
	for name, raw := range in.Properties {
		var value scalar
		if raw[0] == '{' || raw[0] == '[' {
			continue
		}
		if err := value.UnmarshalJSON(raw); err != nil {
			return err
		}
		if value != "" {
			c.Properties[name] = string(value)
		}
	}
	return nil
}
