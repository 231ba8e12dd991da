package releaseplan_test

import (
	"fmt"

	"github.com/penstock-go/penstock/releaseplan"
)

func ExampleDiagram() {
	fmt.Print(releaseplan.Diagram())
	// Output:
	// stateDiagram-v2
	//     [*] --> draft
	//     draft --> canceling : cancel
	//     draft --> execute_check : execute [an enabled task or a milestone and content without faults and an approval and the finalize check (finalize first) and an open window and every calendar to be open]
	//     draft --> finalize_check : finalize [an enabled task or a milestone and content without faults]
	//     canceling --> canceled : settle* [no task to run]
	//     execute_check --> canceling : cancel
	//     execute_check --> expired : expire* [the end of the window]
	//     execute_check --> execute_check_failed : fail* [the check to fail]
	//     execute_check --> running : pass* [the check to pass]
	//     execute_check --> draft : reopen [no task to run]
	//     finalize_check --> canceling : cancel
	//     finalize_check --> finalize_check_failed : fail* [the check to fail]
	//     finalize_check --> finalized : pass* [the check to pass]
	//     finalize_check --> draft : reopen [no task to run]
	//     canceled --> [*]
	//     expired --> canceling : cancel
	//     expired --> draft : reopen [no task to run]
	//     execute_check_failed --> canceling : cancel
	//     execute_check_failed --> expired : expire* [the end of the window]
	//     execute_check_failed --> execute_check : recheck
	//     execute_check_failed --> draft : reopen [no task to run]
	//     running --> canceling : cancel
	//     running --> expired : expire* [the end of the window and an open task]
	//     running --> failed : fail* [a failed task, and none that can run]
	//     running --> complete_check : finish* [every enabled task done or skipped and the owner to finish it]
	//     running --> paused : pause
	//     running --> draft : reopen [no task to run]
	//     finalize_check_failed --> canceling : cancel
	//     finalize_check_failed --> finalize_check : recheck
	//     finalize_check_failed --> draft : reopen [no task to run]
	//     finalized --> canceling : cancel
	//     finalized --> execute_check : execute [an approval and an open window and every calendar to be open]
	//     finalized --> draft : reopen [no task to run]
	//     finalized --> awaiting_approval : request_approval [an approval policy that is enabled]
	//     failed --> canceling : cancel
	//     failed --> expired : expire* [the end of the window]
	//     failed --> running : recover* [every failed task retried or skipped and an approval of the content as it is]
	//     failed --> draft : reopen [no task to run]
	//     failed --> awaiting_approval : request_approval [content that changed since its approval and no task to run]
	//     complete_check --> canceling : cancel
	//     complete_check --> complete_check_failed : fail* [the check to fail]
	//     complete_check --> completed : pass* [the check to pass]
	//     complete_check --> draft : reopen [no task to run]
	//     paused --> canceling : cancel
	//     paused --> expired : expire* [the end of the window]
	//     paused --> draft : reopen [no task to run]
	//     paused --> awaiting_approval : request_approval [content that changed since its approval and no task to run]
	//     paused --> running : resume [an approval of the content as it is and an open window and calendars that let a task go on]
	//     awaiting_approval --> approved : approve* [the deciding approval]
	//     awaiting_approval --> canceling : cancel
	//     awaiting_approval --> denied : lapse* [the end of the time to vote]
	//     awaiting_approval --> denied : reject* [a rejection]
	//     awaiting_approval --> draft : reopen [no task to run]
	//     awaiting_approval --> finalized : withdraw
	//     complete_check_failed --> canceling : cancel
	//     complete_check_failed --> complete_check : recheck
	//     complete_check_failed --> draft : reopen [no task to run]
	//     completed --> [*]
	//     approved --> canceling : cancel
	//     approved --> execute_check : execute [an approval of the content as it is and an open window and every calendar to be open and an executor who did not vote]
	//     approved --> draft : reopen [no task to run]
	//     denied --> canceling : cancel
	//     denied --> draft : reopen [no task to run]
	//     denied --> awaiting_approval : request_approval
}

func ExampleTaskDiagram() {
	fmt.Print(releaseplan.TaskDiagram())
	// Output:
	// stateDiagram-v2
	//     [*] --> todo
	//     todo --> todo : claim [its claim to be released and a plan that is not at its end]
	//     todo --> done : complete [to be enabled and to be started first and a running plan and an open window and every calendar to be open and to be released and what comes before it to be done or skipped and fewer than 1,000 attempts]
	//     todo --> canceled : drop* [to be enabled and a plan that is being canceled]
	//     todo --> todo : hold [to be released and a plan that is not at its end]
	//     todo --> todo : reassign [a plan that is not at its end]
	//     todo --> todo : release [to be held and a plan that is not at its end]
	//     todo --> todo : release_claim [to be claimed and a plan that is not at its end]
	//     todo --> skipped : skip [to be enabled and a plan that is running, paused or failed]
	//     todo --> running : start [to be enabled and a running plan and an open window and every calendar to be open and to be released and the end of its delay and what comes before it to be done or skipped and fewer than 1,000 attempts and a rollout that goes on]
	//     done --> [*]
	//     canceled --> [*]
	//     skipped --> [*]
	//     running --> canceling : abort
	//     running --> running : claim [its claim to be released]
	//     running --> done : complete
	//     running --> failed : fail
	//     running --> failed : interrupt
	//     running --> running : lease [an attempt that nobody carries out and a running plan and an open window and every calendar to be open and an approval of the content as it is]
	//     running --> running : reassign
	//     running --> running : release_claim [to be claimed]
	//     running --> canceling : stop* [a plan that is being canceled]
	//     running --> canceling : timeout* [its deadline]
	//     canceling --> failed : abandon* [its handler to stop and a plan that goes on]
	//     canceling --> canceling : complete
	//     canceling --> canceled : drop* [its handler to stop and a canceled plan]
	//     canceling --> canceling : fail
	//     canceling --> canceling : interrupt
	//     failed --> todo : repeat* [a plan that is running or paused and a retry policy with retries left]
	//     failed --> todo : retry [a plan that is running, paused or failed and fewer than 1,000 attempts]
	//     failed --> skipped : skip [a plan that is running, paused or failed]
}
