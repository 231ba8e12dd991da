package penstock

import (
	"context"
	"fmt"
)

// A Right is what an Authorizer is asked for.
type Right string

// The rights.
const (
	Read    Right = "read"    // see it
	Edit    Right = "edit"    // create it, change its content
	Execute Right = "execute" // run it: everything that moves it or its tasks
	Approve Right = "approve" // vote on it
	Delete  Right = "delete"  // archive and delete it
	Admin   Right = "admin"   // everything
)

// A Resource is what a right is asked on, as it is stored: never as a request
// claims it to be.
type Resource struct {
	Kind    string // "plan", "template", "workflow", …
	ID      string // empty for something that is about to be created
	Name    string
	Folder  Folder
	Project string
}

func (r Resource) String() string {
	switch {
	case r.Name != "":
		return fmt.Sprintf("%s %q", r.Kind, r.Name)
	case r.ID != "":
		return fmt.Sprintf("%s %s", r.Kind, r.ID)
	default:
		return r.Kind
	}
}

// An Authorizer is the host's say in who may do what, besides the ownership
// rules of each package. It returns nil, or an error: usually a
// [*ForbiddenError], which callers pass on; any other error fails the
// operation too. It is called on every operation, so it should be fast, and it
// is safe for concurrent use. A nil Authorizer allows everything.
type Authorizer func(ctx context.Context, who Actor, right Right, on Resource) error

// Ask calls a, and allows everything if a is nil.
func (a Authorizer) Ask(ctx context.Context, who Actor, right Right, on Resource) error {
	if a == nil {
		return nil
	}
	return a(ctx, who, right, on)
}
