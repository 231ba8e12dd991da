// Package servicetest tests a releaseplan.Service and its Runner on a store: what
// holds on one must hold on all.
package servicetest

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
			c.test(audited(c.name, open), t)
		})
	}
}

// A suite is what the tests share.
type suite struct {
	open  func(testing.TB) store.Store
	audit *audit
}

// A serviceCase is a test of a Service or a Runner.
type serviceCase struct {
	name string
	test func(suite, *testing.T)
}

func cases() []serviceCase {
	return []serviceCase{
		// runner_again.go
		{"RunnerBeginsAnewAfterALoss", suite.testRunnerBeginsAnewAfterALoss},
		{"RunnerBeginsAnewBesideADamagedPlan", suite.testRunnerBeginsAnewBesideADamagedPlan},
		{"RunnerKeepsOutcomesThroughALoss", suite.testRunnerKeepsOutcomesThroughALoss},
		{"RunnerEndsWhileItsStoreIsAway", suite.testRunnerEndsWhileItsStoreIsAway},
		// runner_approval.go
		{"RunnerAsksTheApprovalProvider", suite.testRunnerAsksTheApprovalProvider},
		{"RunnerRetractsRequestsThatNobodyWaitsFor", suite.testRunnerRetractsRequestsThatNobodyWaitsFor},
		{"RunnerAsksAFailingProviderAgain", suite.testRunnerAsksAFailingProviderAgain},
		{"RunnerAnswerToAnEarlierRequestDecidesNothing", suite.testRunnerAnswerToAnEarlierRequestDecidesNothing},
		// runner_check.go
		{"RunnerAnswersGatesFromCode", suite.testRunnerAnswersGatesFromCode},
		{"RunnerMakesACheckThatCannotTellAgain", suite.testRunnerMakesACheckThatCannotTellAgain},
		{"RunnerRecordsProgressOfChecks", suite.testRunnerRecordsProgressOfChecks},
		{"RunnerCallbackOvertakesACheck", suite.testRunnerCallbackOvertakesACheck},
		{"RunnerMakesAFewChecksAtATime", suite.testRunnerMakesAFewChecksAtATime},
		{"RunnerLeavesUnknownChecksAlone", suite.testRunnerLeavesUnknownChecksAlone},
		{"RunnerHandsChecksOver", suite.testRunnerHandsChecksOver},
		// runner_clock.go
		{"RunnersWithClocksHoursOff", suite.testRunnersWithClocksHoursOff},
		{"RunnerThatStoodStillDoesNothingMore", suite.testRunnerThatStoodStillDoesNothingMore},
		// runner_errand.go
		{"RunnersAskAProviderOnce", suite.testRunnersAskAProviderOnce},
		{"RunnersTakeErrandsOver", suite.testRunnersTakeErrandsOver},
		{"RunnerFindsItsLostClaims", suite.testRunnerFindsItsLostClaims},
		// runner_fault.go
		{"RunnerSurvivesAFaultyStore", suite.testRunnerSurvivesAFaultyStore},
		{"RunnerWaitsForTheStoreToRecordAnOutcome", suite.testRunnerWaitsForTheStoreToRecordAnOutcome},
		{"RunnerGoesOnWhenTheStoreWorksAgain", suite.testRunnerGoesOnWhenTheStoreWorksAgain},
		// runner_handler.go
		{"RunnerAbortStopsTheHandler", suite.testRunnerAbortStopsTheHandler},
		{"RunnerCancelWaitsForHandlers", suite.testRunnerCancelWaitsForHandlers},
		{"RunnerHandlerThatIgnoresItsContextHoldsUpOnlyItself", suite.testRunnerHandlerThatIgnoresItsContextHoldsUpOnlyItself},
		{"RunnerSurvivesPanics", suite.testRunnerSurvivesPanics},
		{"RunnerResolvesVariablesSecretsIncluded", suite.testRunnerResolvesVariablesSecretsIncluded},
		{"RunnerMasksSecretsInErrors", suite.testRunnerMasksSecretsInErrors},
		{"RunnerBoundsErrorTexts", suite.testRunnerBoundsErrorTexts},
		{"RunnerPersonCompletesARunningTask", suite.testRunnerPersonCompletesARunningTask},
		{"RunnerDeletedAndUnknownPlansDoNotDisturb", suite.testRunnerDeletedAndUnknownPlansDoNotDisturb},
		// runner_freeze.go
		{"RunnerGoesOnWhenTheCalendarOpens", suite.testRunnerGoesOnWhenTheCalendarOpens},
		{"RunnerSeesCalendarsChange", suite.testRunnerSeesCalendarsChange},
		{"RunnerGoesOnWithAnOverride", suite.testRunnerGoesOnWithAnOverride},
		{"RunnerLeavesFrozenPlansAlone", suite.testRunnerLeavesFrozenPlansAlone},
		// runner_thaw.go
		{"RunnerLeavesPlansClosedForGoodAlone", suite.testRunnerLeavesPlansClosedForGoodAlone},
		{"RunnerSeesCalendarsChangeWhileItLooks", suite.testRunnerSeesCalendarsChangeWhileItLooks},
		{"RunnerThatWasBusyKnowsWhenTheCalendarOpens", suite.testRunnerThatWasBusyKnowsWhenTheCalendarOpens},
		{"RunnersUnderDifferentCalendars", suite.testRunnersUnderDifferentCalendars},
		{"ServiceOverridesTakeTheAdminRight", suite.testServiceOverridesTakeTheAdminRight},
		// runner_kill.go
		{"RunnersAreKilled", suite.testRunnersAreKilled},
		// runner_pace.go
		{"RunnerPollsAtTheProvidersPace", suite.testRunnerPollsAtTheProvidersPace},
		{"RunnerCountsWhatSomebodyRangFor", suite.testRunnerCountsWhatSomebodyRangFor},
		{"RunnerDoesNotCountRingsWithoutAnAnswer", suite.testRunnerDoesNotCountRingsWithoutAnAnswer},
		{"RunnerInsistsLessAndLess", suite.testRunnerInsistsLessAndLess},
		// runner_lease.go
		{"RunnerTakesOverFromADeadOne", suite.testRunnerTakesOverFromADeadOne},
		{"RunnerThatStalledFindsItselfLost", suite.testRunnerThatStalledFindsItselfLost},
		{"RunnerThatStopsReleasesAtOnce", suite.testRunnerThatStopsReleasesAtOnce},
		{"RunnerDrains", suite.testRunnerDrains},
		{"RunnerTakesNothingBeforeItsHeartbeat", suite.testRunnerTakesNothingBeforeItsHeartbeat},
		{"RunnerInterruptsItsOwnLostAttempts", suite.testRunnerInterruptsItsOwnLostAttempts},
		{"RunnersShareAStore", suite.testRunnersShareAStore},
		// runner_plans.go
		{"RunnerSequentialTasksRunOneByOne", suite.testRunnerSequentialTasksRunOneByOne},
		{"RunnerParallelTasksRunTogether", suite.testRunnerParallelTasksRunTogether},
		{"RunnerFreeTasksAreStartedByHandAndLeased", suite.testRunnerFreeTasksAreStartedByHandAndLeased},
		{"RunnerManualStartModeWaitsForAPerson", suite.testRunnerManualStartModeWaitsForAPerson},
		{"RunnerWaitsPassAtTheirInstant", suite.testRunnerWaitsPassAtTheirInstant},
		{"RunnerLeavesUnknownKindsAlone", suite.testRunnerLeavesUnknownKindsAlone},
		{"RunnerHeldTasksWaitForTheirRelease", suite.testRunnerHeldTasksWaitForTheirRelease},
		{"RunnerPauseStartsNothingMore", suite.testRunnerPauseStartsNothingMore},
		{"RunnerFailureStopsASequentialPlanAndSparesSiblings", suite.testRunnerFailureStopsASequentialPlanAndSparesSiblings},
		{"RunnerStartsOnApproval", suite.testRunnerStartsOnApproval},
		{"RunnerStopsAndLeavesNothingBehind", suite.testRunnerStopsAndLeavesNothingBehind},
		{"RunnerTakesUpWhatPeopleBeganBeforeItRan", suite.testRunnerTakesUpWhatPeopleBeganBeforeItRan},
		// runner_time.go
		{"RunnerScheduledStartIsExact", suite.testRunnerScheduledStartIsExact},
		{"RunnerStartsOnApprovalWhenTheWindowOpens", suite.testRunnerStartsOnApprovalWhenTheWindowOpens},
		{"RunnerExpiryStartsNothingMoreAndLetsEnd", suite.testRunnerExpiryStartsNothingMoreAndLetsEnd},
		{"RunnerCompletedInTheLastInstantWins", suite.testRunnerCompletedInTheLastInstantWins},
		{"RunnerLapsesARequest", suite.testRunnerLapsesARequest},
		{"RunnerGatesRunOutOfTime", suite.testRunnerGatesRunOutOfTime},
		{"RunnerRetriesWithBackoff", suite.testRunnerRetriesWithBackoff},
		{"RunnerGivesUpWhenRetriesAreUsedUp", suite.testRunnerGivesUpWhenRetriesAreUsedUp},
		{"RunnerTimeoutEndsTheHandlersContext", suite.testRunnerTimeoutEndsTheHandlersContext},
		{"RunnerTimeoutThenRetry", suite.testRunnerTimeoutThenRetry},
		{"RunnerOutcomeAtTheDeadlineCounts", suite.testRunnerOutcomeAtTheDeadlineCounts},
		// runner_watch.go
		{"RunnerWatchesOverARollout", suite.testRunnerWatchesOverARollout},
		{"RunnerWaitsUntilASafeguardIsClear", suite.testRunnerWaitsUntilASafeguardIsClear},
		{"RunnerAsksForTheWindow", suite.testRunnerAsksForTheWindow},
		{"RunnerWatchesPlansThatStandStill", suite.testRunnerWatchesPlansThatStandStill},
		{"RunnersMeasureTogether", suite.testRunnersMeasureTogether},
		{"RunnerMeasuresOnceInAWhile", suite.testRunnerMeasuresOnceInAWhile},
		{"RunnerWithoutAMetricSourceSaysSo", suite.testRunnerWithoutAMetricSourceSaysSo},
		{"RunnerForgetsWhatItMeasuredOfAnotherMilestone", suite.testRunnerForgetsWhatItMeasuredOfAnotherMilestone},
		{"RunnerWatchesAgainAfterALoss", suite.testRunnerWatchesAgainAfterALoss},
		{"RunnerMeasuresWhileItsStoreFails", suite.testRunnerMeasuresWhileItsStoreFails},
		// runner_watch_fault.go
		{"RunnerSurvivesBadMetricSources", suite.testRunnerSurvivesBadMetricSources},
		{"RunnerHangingMetricHoldsUpOnlyItself", suite.testRunnerHangingMetricHoldsUpOnlyItself},
		{"RunnerMeasuresAFewAtATime", suite.testRunnerMeasuresAFewAtATime},
		{"RunnerEndsWhileAMetricSourceHangs", suite.testRunnerEndsWhileAMetricSourceHangs},
		// runner_workers.go
		{"RunnerNeverExceedsItsWorkers", suite.testRunnerNeverExceedsItsWorkers},
		{"RunnerDefaultIsSixteenWorkers", suite.testRunnerDefaultIsSixteenWorkers},
		{"RunnerNoPlanStarves", suite.testRunnerNoPlanStarves},
		{"RunnerStopsHandlersWhileAllWorkersAreBusy", suite.testRunnerStopsHandlersWhileAllWorkersAreBusy},
		{"RunnerTimeGoesOnWhileAllWorkersAreBusy", suite.testRunnerTimeGoesOnWhileAllWorkersAreBusy},
		{"RunnerSeesWhatOtherProcessesDoWithinPoll", suite.testRunnerSeesWhatOtherProcessesDoWithinPoll},
		// service_auth.go
		{"AuthorizerIsAskedAboutTheStoredPlan", suite.testAuthorizerIsAskedAboutTheStoredPlan},
		{"CanTellsWhatTheAuthorizerForbids", suite.testCanTellsWhatTheAuthorizerForbids},
		{"MoveIntoAForbiddenFolderIsForbidden", suite.testMoveIntoAForbiddenFolderIsForbidden},
		{"AuthorizerSeesTheResolvedFolder", suite.testAuthorizerSeesTheResolvedFolder},
		{"GroupsAreExpandedAtRequestTime", suite.testGroupsAreExpandedAtRequestTime},
		// service_corrupt.go
		{"CorruptRecordsAreErrors", suite.testCorruptRecordsAreErrors},
		{"CorruptEventIsAnError", suite.testCorruptEventIsAnError},
		// service_create.go
		{"CreateReportsEveryFaultAndStoresNothing", suite.testCreateReportsEveryFaultAndStoresNothing},
		{"CreateGivesWhatIsNotSet", suite.testCreateGivesWhatIsNotSet},
		{"NumbersAreUniqueAndFromOneSequence", suite.testNumbersAreUniqueAndFromOneSequence},
		{"SystemIsRefused", suite.testSystemIsRefused},
		{"OddIDsAreNotFound", suite.testOddIDsAreNotFound},
		{"IDsThatAHostMakesAreChecked", suite.testIDsThatAHostMakesAreChecked},
		{"APlanIDIsNeverGivenTwice", suite.testAPlanIDIsNeverGivenTwice},
		{"UniqueNames", suite.testUniqueNames},
		{"OfSixteenCreatorsOneGetsTheName", suite.testOfSixteenCreatorsOneGetsTheName},
		// service_edit.go
		{"EditCountsVersions", suite.testEditCountsVersions},
		{"EditWhileOthersWork", suite.testEditWhileOthersWork},
		{"Ownership", suite.testOwnership},
		{"PermitReplacesOwnership", suite.testPermitReplacesOwnership},
		{"Duplicate", suite.testDuplicate},
		{"ImportFilesANewDraft", suite.testImportFilesANewDraft},
		{"DeleteIsBlockedByReferences", suite.testDeleteIsBlockedByReferences},
		{"FinalizeNeedsAProvider", suite.testFinalizeNeedsAProvider},
		{"SecretsAreKeptApart", suite.testSecretsAreKeptApart},
		// service_fault.go
		{"FaultsAtEveryCall", suite.testFaultsAtEveryCall},
		{"UnknownOutcomeIsSaid", suite.testUnknownOutcomeIsSaid},
		{"LostAnswerIsFoundBehindOthersCommits", suite.testLostAnswerIsFoundBehindOthersCommits},
		{"ConflictsAreDecidedAgainTenTimes", suite.testConflictsAreDecidedAgainTenTimes},
		{"ContextEndsDuringCommit", suite.testContextEndsDuringCommit},
		{"WaitingForATurnEndsWithTheContext", suite.testWaitingForATurnEndsWithTheContext},
		{"FailingReadsAreReported", suite.testFailingReadsAreReported},
		// service_follow.go
		{"FollowEndsWithThePlan", suite.testFollowEndsWithThePlan},
		{"FollowOfAPlanAtItsEnd", suite.testFollowOfAPlanAtItsEnd},
		{"FollowEndsWithTheContext", suite.testFollowEndsWithTheContext},
		{"FollowStopsWhenTheListenerHasEnough", suite.testFollowStopsWhenTheListenerHasEnough},
		{"HistoryPages", suite.testHistoryPages},
		// service_gate.go
		{"StaleAndWrongCodesChangeNothing", suite.testStaleAndWrongCodesChangeNothing},
		{"OfEightAnswersOneCounts", suite.testOfEightAnswersOneCounts},
		// service_key.go
		{"SameKeySameCommandFirstAnswer", suite.testSameKeySameCommandFirstAnswer},
		{"SameKeyOtherCommandIsRefused", suite.testSameKeyOtherCommandIsRefused},
		{"KeysOfDifferentPlansDoNotClash", suite.testKeysOfDifferentPlansDoNotClash},
		{"RefusedCommandsAreNotRemembered", suite.testRefusedCommandsAreNotRemembered},
		{"LostAnswerAndRetryHaveTheirEffectOnce", suite.testLostAnswerAndRetryHaveTheirEffectOnce},
		{"SameKeyAtOnce", suite.testSameKeyAtOnce},
		{"FirstAnswerAsksTheAuthorizerAgain", suite.testFirstAnswerAsksTheAuthorizerAgain},
		// service_key_creation.go
		{"CreationsWithAKey", suite.testCreationsWithAKey},
		{"CreationsWithAKeyAtOnce", suite.testCreationsWithAKeyAtOnce},
		{"ManyWithTheSameKeyAtOnce", suite.testManyWithTheSameKeyAtOnce},
		{"LostAnswerOfACreation", suite.testLostAnswerOfACreation},
		{"ACommandThatChangesNothingIsRemembered", suite.testACommandThatChangesNothingIsRemembered},
		{"AKeyForSomethingElse", suite.testAKeyForSomethingElse},
		{"KeysExpire", suite.testKeysExpire},
		{"ManyKeysExpire", suite.testManyKeysExpire},
		// service_limits.go
		{"LargestPlanIsNeverStuck", suite.testLargestPlanIsNeverStuck},
		// service_list.go
		{"ListShowsWhatTheFilterSelects", suite.testListShowsWhatTheFilterSelects},
		{"ListReportsEveryFault", suite.testListReportsEveryFault},
		{"ListPassesOtherErrorsOfTheAuthorizerOn", suite.testListPassesOtherErrorsOfTheAuthorizerOn},
		{"LongLabelsCanBeStoredAndFound", suite.testLongLabelsCanBeStoredAndFound},
		// service_listeners.go
		{"ListenersTellWhoHearsNothing", suite.testListenersTellWhoHearsNothing},
		// service_notice.go
		{"NoticesAreCommittedWithWhatTheyTellOf", suite.testNoticesAreCommittedWithWhatTheyTellOf},
		{"NoticeTellsProgramsAndPeople", suite.testNoticeTellsProgramsAndPeople},
		{"NoticesAreNotMadeTwice", suite.testNoticesAreNotMadeTwice},
		{"ScheduleMissedFromTheBeginningIsTold", suite.testScheduleMissedFromTheBeginningIsTold},
		{"NoticesHoldNoSecrets", suite.testNoticesHoldNoSecrets},
		{"NoticesOfTheLargestPlanFitIntoACommit", suite.testNoticesOfTheLargestPlanFitIntoACommit},
		// service_poll.go
		{"PollApprovalAsksAtOnce", suite.testPollApprovalAsksAtOnce},
		{"PollApprovalOfNothing", suite.testPollApprovalOfNothing},
		{"PollApprovalIsBounded", suite.testPollApprovalIsBounded},
		{"PollApprovalTellsFaults", suite.testPollApprovalTellsFaults},
		// service_prune.go
		{"PruneRemovesTrailsOfOldArchivedPlans", suite.testPruneRemovesTrailsOfOldArchivedPlans},
		{"PrunedPlanGoesOn", suite.testPrunedPlanGoesOn},
		{"PruneSparesWhatIsYounger", suite.testPruneSparesWhatIsYounger},
		{"PruneSparesWhatWasArchivedLately", suite.testPruneSparesWhatWasArchivedLately},
		{"PruneSparesTheLastMinute", suite.testPruneSparesTheLastMinute},
		{"PruneWaitsForReaders", suite.testPruneWaitsForReaders},
		{"PruneSparesForALateReader", suite.testPruneSparesForALateReader},
		{"InterruptedPruneIsCompletedByTheNext", suite.testInterruptedPruneIsCompletedByTheNext},
		{"PruneWhoseAnswerWasLost", suite.testPruneWhoseAnswerWasLost},
		{"PruneGivesWay", suite.testPruneGivesWay},
		{"PruneTwiceAtOnce", suite.testPruneTwiceAtOnce},
		{"PruneTakesTheRightToDelete", suite.testPruneTakesTheRightToDelete},
		{"PruneIsRefused", suite.testPruneIsRefused},
		{"PruneKeepsTheSeal", suite.testPruneKeepsTheSeal},
		// service_prune_outbox.go
		{"PruneWaitsForTheDispatcher", suite.testPruneWaitsForTheDispatcher},
		// service_prune_trail.go
		{"HistoryOfAPrunedPlanBeginsBehindTheAnchor", suite.testHistoryOfAPrunedPlanBeginsBehindTheAnchor},
		{"FollowOfAPrunedPlanEnds", suite.testFollowOfAPrunedPlanEnds},
		{"TrailIsPrunedWhileItIsRead", suite.testTrailIsPrunedWhileItIsRead},
		{"BrokenTrails", suite.testBrokenTrails},
		{"CorruptAnchorIsAnError", suite.testCorruptAnchorIsAnError},
		{"KeysOfAPrunedPlan", suite.testKeysOfAPrunedPlan},
		{"PruneForgetsManyKeys", suite.testPruneForgetsManyKeys},
		// service_race.go
		{"ThirtyTwoCompleteTheSameTask", suite.testThirtyTwoCompleteTheSameTask},
		{"ThirtyTwoCompleteEachItsOwn", suite.testThirtyTwoCompleteEachItsOwn},
		{"CancelRacesWithStart", suite.testCancelRacesWithStart},
		{"VotesRace", suite.testVotesRace},
		{"EverythingAtOnce", suite.testEverythingAtOnce},
		// service_references.go
		{"UnknownReferencesAreFaults", suite.testUnknownReferencesAreFaults},
		{"ReferencesOfPlansBlockDeletion", suite.testReferencesOfPlansBlockDeletion},
		{"ReferencesMeetOtherWrites", suite.testReferencesMeetOtherWrites},
		{"RolloutOverAnotherStore", suite.testRolloutOverAnotherStore},
		{"ReferencesRaceWithDeletion", suite.testReferencesRaceWithDeletion},
		{"ManyReferencesAreFound", suite.testManyReferencesAreFound},
		{"FinalizeFitsTheRecords", suite.testFinalizeFitsTheRecords},
		// service_replica.go
		{"StaleDecisionsAreDecidedAgain", suite.testStaleDecisionsAreDecidedAgain},
		{"ReadsSeeWhatOthersDid", suite.testReadsSeeWhatOthersDid},
		{"RefusedEditIsNotDecidedAgain", suite.testRefusedEditIsNotDecidedAgain},
		// service_serving.go
		{"ServingFollowsThePlans", suite.testServingFollowsThePlans},
		{"ServingEndsWith", suite.testServingEndsWith},
		{"ServingIsAsOfNow", suite.testServingIsAsOfNow},
		{"StoppedAtOnceIsStopped", suite.testStoppedAtOnceIsStopped},
		{"StoppingWidensNothing", suite.testStoppingWidensNothing},
		{"DeletedAtOnceIsStopped", suite.testDeletedAtOnceIsStopped},
		{"ServingOfThePlanThatWentLiveLast", suite.testServingOfThePlanThatWentLiveLast},
		{"ServingWhileAPlanGoes", suite.testServingWhileAPlanGoes},
		// service_storage.go
		{"WhatACommitWrites", suite.testWhatACommitWrites},
		{"ChunksHoldThirtyTwoTasks", suite.testChunksHoldThirtyTwoTasks},
		{"DeleteLeavesNothingButTheTrail", suite.testDeleteLeavesNothingButTheTrail},
		{"HowOftenAStoreIsAsked", suite.testHowOftenAStoreIsAsked},
		{"CacheIsBoundedInBytes", suite.testCacheIsBoundedInBytes},
		{"CacheCountsWhatAPlanGrowsBy", suite.testCacheCountsWhatAPlanGrowsBy},
		{"CacheKeepsWhatWasUsedLast", suite.testCacheKeepsWhatWasUsedLast},
		{"PlanChangesWhileItIsRead", suite.testPlanChangesWhileItIsRead},
		// service_target.go
		{"TargetIsExclusive", suite.testTargetIsExclusive},
		{"OfManyPlansOneTakesTheTarget", suite.testOfManyPlansOneTakesTheTarget},
		{"TargetRecords", suite.testTargetRecords},
		{"TargetIsTakenMeanwhile", suite.testTargetIsTakenMeanwhile},
		// service_trail.go
		{"VerifyProvesAWholeTrail", suite.testVerifyProvesAWholeTrail},
		{"VerifyNamesTheFirstFault", suite.testVerifyNamesTheFirstFault},
		{"VerifyFindsEveryChange", suite.testVerifyFindsEveryChange},
		{"VerifyFindsARewrittenTrail", suite.testVerifyFindsARewrittenTrail},
		{"VerifyOfADeletedPlan", suite.testVerifyOfADeletedPlan},
		{"VerifyTakesTheRightToRead", suite.testVerifyTakesTheRightToRead},
		// service_trail_race.go
		{"VerifyWhileOthersCommit", suite.testVerifyWhileOthersCommit},
		{"VerifyWhileItIsPruned", suite.testVerifyWhileItIsPruned},
		{"VerifyWhileItIsDeleted", suite.testVerifyWhileItIsDeleted},
		// service_trail_state.go
		{"VerifyStateNamesWhatDiffers", suite.testVerifyStateNamesWhatDiffers},
		// service_at.go
		{"AtIsWhatGetWas", suite.testAtIsWhatGetWas},
		{"AtOfAPrunedPlan", suite.testAtOfAPrunedPlan},
		{"AtIsRefused", suite.testAtIsRefused},
		{"AtOfADeletedPlan", suite.testAtOfADeletedPlan},
		// service_base.go
		{"PruneKeepsThePlanAtTheAnchor", suite.testPruneKeepsThePlanAtTheAnchor},
		{"PruneCutsNoCommit", suite.testPruneCutsNoCommit},
		{"PlanAtTheAnchorIsProven", suite.testPlanAtTheAnchorIsProven},
		{"AnchorsWithoutAPlan", suite.testAnchorsWithoutAPlan},
		// service_trail_export.go
		{"TrailIsExportedAsItIsStored", suite.testTrailIsExportedAsItIsStored},
		{"TrailIsExportedAsATable", suite.testTrailIsExportedAsATable},
		{"TrailExportIsRefused", suite.testTrailExportIsRefused},
		// service_walk.go
		{"LoadedPlanIsTheCommittedPlan", suite.testLoadedPlanIsTheCommittedPlan},
		{"HistoryTellsTheChain", suite.testHistoryTellsTheChain},
		{"SealReplacesTheHash", suite.testSealReplacesTheHash},
		// service_warnings.go
		{"WarningsKeepNobodyFromAnything", suite.testWarningsKeepNobodyFromAnything},
		{"WarningsOfWhatIsThereBefore", suite.testWarningsOfWhatIsThereBefore},
	}
}
