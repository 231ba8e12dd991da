package rollout

// A field is a name that is looked up in a context, resolved once. The standard
// names never mean a property.
type field struct {
	at   place
	id   int32  // of the property, so that names need not be compared
	name string // empty: no field
}

// A place is where in a context a field is.
type place uint8

const (
	nowhere place = iota // of the empty name
	property
	userID
	sessionID
	remoteAddress
	environment
	appName
	currentTime
)

// fields gives every property of an evaluator an id: 1, 2, ….
type fields map[string]int32

// of returns the field of that name.
func (all fields) of(name string) field {
	switch name {
	case "":
		return field{}
	case "userId":
		return field{at: userID, name: name}
	case "sessionId":
		return field{at: sessionID, name: name}
	case "remoteAddress":
		return field{at: remoteAddress, name: name}
	case "environment":
		return field{at: environment, name: name}
	case "appName":
		return field{at: appName, name: name}
	case "currentTime":
		return field{at: currentTime, name: name}
	}
	id, ok := all[name]
	if !ok {
		id = int32(len(all)) + 1
		all[name] = id
	}
	return field{at: property, id: id, name: name}
}
