package plantest

import (
	"time"

	"github.com/penstock-go/penstock"
)

// Owner returns who makes the plans of this package, and owns them: ann.
func Owner() penstock.Actor { return penstock.Actor{ID: "ann", Name: "Ann"} }

// Approvers returns who is asked for approvals: bob, cleo and dan.
func Approvers() []penstock.Actor {
	return []penstock.Actor{{ID: "bob", Name: "Bob"}, {ID: "cleo", Name: "Cleo"}, {ID: "dan", Name: "Dan"}}
}

// Admin returns somebody who may do everything but vote: root.
func Admin() penstock.Actor { return penstock.Actor{ID: "root", Admin: true} }

// Stranger returns somebody who has no part in any plan: eve.
func Stranger() penstock.Actor { return penstock.Actor{ID: "eve", Name: "Eve"} }

// Start returns when the plans of this package begin: 4 May 2026, a Monday, at 9 o'clock UTC.
func Start() time.Time { return time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC) }
