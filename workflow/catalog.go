package workflow

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock"
)

// A Catalog knows what workflows name and the host has: code hosts,
// registries, databases, builds, tests and so on. It must be safe for concurrent
// use.
type Catalog interface {
	// Resolve returns the id of what a reference names; empty if the name is the
	// id. If there is no such thing the error is an [UnknownNameError], or another
	// penstock.ErrNotFound.
	Resolve(ctx context.Context, ref Reference) (id string, err error)
}

// Trust is the Catalog that believes every name.
type Trust struct{}

// Resolve returns no id and no error.
func (Trust) Resolve(context.Context, Reference) (string, error) { return "", nil }

// A Reference is a name of something of the host's that a spec holds.
type Reference struct {
	Kind    ReferenceKind
	Project string // where it is looked for: the workflow's, unless the spec names another
	Name    string
	Env     string // of a service: where it is
	Field   string // the path in the spec
	set     func(id string) error
}

// Set puts the id, which may be empty, into the spec that the reference is from.
// The error is an ErrInvalid if the spec cannot hold it.
func (r Reference) Set(id string) error {
	if r.set == nil || id == "" {
		return nil
	}
	return r.set(id)
}

// A ReferenceKind says what a [Reference] names.
type ReferenceKind string

// The kinds of references.
const (
	RefProject     ReferenceKind = "project"   // of a definition or a ticket
	RefCodeHost    ReferenceKind = "code host" // its id is a number
	RefRegistry    ReferenceKind = "image registry"
	RefDatabase    ReferenceKind = "database instance"
	RefBuild       ReferenceKind = "build"
	RefTest        ReferenceKind = "test"
	RefScanning    ReferenceKind = "scanning"
	RefEnvironment ReferenceKind = "environment"
	RefService     ReferenceKind = "service" // of an environment
	RefCluster     ReferenceKind = "cluster"
)

// A Referrer is a spec that names things of the host's.
type Referrer interface {
	Spec
	// References returns the names that are known, in order. Those that hold
	// variables are left out.
	References() []Reference
}

// An UnknownNameError says that the host does not have what a reference names.
// It is a penstock.ErrNotFound.
type UnknownNameError struct{ Reference Reference }

func (e *UnknownNameError) Error() string {
	switch r := e.Reference; r.Kind {
	case RefRegistry:
		return "didn't find the specified image registry"
	case RefCodeHost:
		return "failed to find code host with name:" + r.Name
	case RefDatabase:
		return fmt.Sprintf("failed to find database instance %s, error: not found", r.Name)
	default:
		return fmt.Sprintf("%s %s: %v", r.Kind, r.Name, penstock.ErrNotFound)
	}
}

// Is reports whether target is ErrNotFound.
func (e *UnknownNameError) Is(target error) bool { return target == penstock.ErrNotFound }
