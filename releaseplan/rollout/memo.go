package rollout

// A memo keeps the property that was read last during one evaluation: the
// strategies of a feature, asked one after the other, tend to want the same one.
// It does not hold the context, so that the caller's may stay on the stack.
type memo struct {
	id    int32 // of the property; 0 for none yet
	value string
}

// read returns the field of the context, or "" if it is missing.
func (m *memo) read(ctx *Context, f *field) string {
	switch f.at {
	case userID:
		return ctx.UserID
	case sessionID:
		return ctx.SessionID
	case remoteAddress:
		return ctx.RemoteAddress
	case environment:
		return ctx.Environment
	case appName:
		return ctx.AppName
	case currentTime:
		return ctx.CurrentTime
	case property:
		if m.id != f.id {
			m.id, m.value = f.id, ctx.Properties[f.name]
		}
		return m.value
	default:
		return ""
	}
}
