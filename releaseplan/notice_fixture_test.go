package releaseplan_test

import (
	"github.com/penstock-go/penstock/internal/noticetest"
	"github.com/penstock-go/penstock/releaseplan"
)

// told returns what the changes of the plan since before tell people.
func (a *aLife) told(before *releaseplan.Plan) []noticetest.Told {
	a.Helper()
	changes := a.trail[before.Status().Changes:]
	events, err := releaseplan.Notices(before, a.p, changes)
	if err != nil {
		a.Fatal(err)
	}
	return noticetest.Read(a, events)
}

// noticeTo returns who hears of a notice.
func noticeTo(n noticetest.Told) (to []string) {
	for _, p := range n.Recipients {
		to = append(to, p.Key())
	}
	return to
}
