// Package runtest tests a workflow.Service and its Local on a store: what holds on
// one must hold on all.
package runtest

import (
	"testing"

	"github.com/penstock-go/penstock/store"
)

// Run runs every test on stores that open returns. Each is empty, and open sees to
// its end with tb.Cleanup. Many are opened inside bubbles of testing/synctest, in which
// hours go by: what a store does every few milliseconds would be done a million times.
func Run(t *testing.T, open func(tb testing.TB) store.Store) {
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.test(suite{open}, t)
		})
	}
}

// A suite is what the tests share.
type suite struct {
	open func(testing.TB) store.Store
}

// A runCase is a test of a Service or a Local.
type runCase struct {
	name string
	test func(suite, *testing.T)
}

func cases() []runCase {
	return []runCase{
		// local.go
		{"LocalRunsAWorkflow", suite.testLocalRunsAWorkflow},
		{"LocalRunsWhatWasStartedBefore", suite.testLocalRunsWhatWasStartedBefore},
		{"StartRefusesTypesWithoutExecutor", suite.testStartRefusesTypesWithoutExecutor},
		{"WaitsAndRetriesAtTheirInstants", suite.testWaitsAndRetriesAtTheirInstants},
		{"PanicsAreFailures", suite.testPanicsAreFailures},
		{"Approvals", suite.testApprovals},
		// local_stop.go
		{"CancelStopsExecutors", suite.testCancelStopsExecutors},
		{"CancelStopsExecutorsOfOthers", suite.testCancelStopsExecutorsOfOthers},
		{"TimeoutsAtTheirInstants", suite.testTimeoutsAtTheirInstants},
		{"ShutdownAndTakeover", suite.testShutdownAndTakeover},
		// local_worker.go
		{"WorkersAreBounded", suite.testWorkersAreBounded},
		{"NothingWaitsForAPoll", suite.testNothingWaitsForAPoll},
		// local_secret.go
		{"SecretsAreMasked", suite.testSecretsAreMasked},
		// service.go
		{"LostAnswersAreLookedFor", suite.testLostAnswersAreLookedFor},
		{"StartingWithAnIDIsIdempotent", suite.testStartingWithAnIDIsIdempotent},
		{"KeysMakeCommandsIdempotent", suite.testKeysMakeCommandsIdempotent},
		// service_delete.go
		{"RunsAreDeletedAndPruned", suite.testRunsAreDeletedAndPruned},
		// service_limit.go
		{"LimitOfAWorkflow", suite.testLimitOfAWorkflow},
		{"LimitOfAll", suite.testLimitOfAll},
		{"PausedRunsHoldNoPlace", suite.testPausedRunsHoldNoPlace},
		{"LimitUnderSeveralProcesses", suite.testLimitUnderSeveralProcesses},
		// service_read.go
		{"RunsAreShownToWhoMayReadThem", suite.testRunsAreShownToWhoMayReadThem},
		{"ListSelects", suite.testListSelects},
		{"RunsAreReadAsTheyWere", suite.testRunsAreReadAsTheyWere},
		// records.go
		{"RacesForOneName", suite.testRacesForOneName},
		{"RacesOfUpdates", suite.testRacesOfUpdates},
		{"AnUnknownOutcomeIsFoundOut", suite.testAnUnknownOutcomeIsFoundOut},
		{"AnUnknownOutcomeIsFoundOutAlsoAfterOthersWrote", suite.testAnUnknownOutcomeIsFoundOutAlsoAfterOthersWrote},
		{"WritesThatOthersOvertakeAreDecidedAgain", suite.testWritesThatOthersOvertakeAreDecidedAgain},
		{"ReadsThatFailAreToldOf", suite.testReadsThatFailAreToldOf},
	}
}
