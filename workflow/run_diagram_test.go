package workflow_test

import (
	"fmt"

	"github.com/penstock-go/penstock/workflow"
)

func ExampleRunDiagram() {
	fmt.Print(workflow.RunDiagram())
	// Output:
	// stateDiagram-v2
	//     [*] --> queued
	//     queued --> running : admit
	//     queued --> canceled : cancel
	//     running --> canceling : cancel
	//     running --> timeout : expire* [no job to run or to be waited for and a stage that is timeout]
	//     running --> failed : fail_by_rule* [no job to run or to be waited for and a stage that is failed]
	//     running --> passed : pass* [every job passed or skipped and a job that was not skipped]
	//     running --> paused : pause* [a stage that is to be executed by hand]
	//     running --> rejected : reject* [no job to run or to be waited for and a stage that is rejected]
	//     running --> canceled : settle* [no job to run or to be waited for and a stage that is canceled]
	//     running --> skipped : skip* [every job passed or skipped]
	//     canceled --> queued : retry [a run that no release plan started, or its task to be retried there and fewer than 1,000 attempts at each job]
	//     canceling --> canceled : settle* [no job to run or to be waited for]
	//     timeout --> queued : retry [a run that no release plan started, or its task to be retried there and fewer than 1,000 attempts at each job]
	//     failed --> queued : retry [a run that no release plan started, or its task to be retried there and fewer than 1,000 attempts at each job]
	//     passed --> [*]
	//     paused --> canceled : cancel
	//     paused --> queued : execute_stage
	//     rejected --> queued : retry [a run that no release plan started, or its task to be retried there and fewer than 1,000 attempts at each job]
	//     skipped --> [*]
}

func ExampleJobDiagram() {
	fmt.Print(workflow.JobDiagram())
	// Output:
	// stateDiagram-v2
	//     [*] --> pending
	//     pending --> failed : fail_by_rule* [what comes before it to be through and variables that nothing stands for, or approvers who cannot approve]
	//     pending --> passed : grant* [what comes before it to be through and an approval job and an approval that its plan passes on]
	//     pending --> waiting : open* [what comes before it to be through and an approval job]
	//     pending --> skipped : skip* [what comes before it to be through and an execute policy that says no]
	//     pending --> running : start* [what comes before it to be through]
	//     failed --> pending : again* [a run that goes on and an error policy with retries left]
	//     failed --> deciding : ask* [a run that goes on and an error policy that asks a person]
	//     failed --> unstable : excuse* [an error policy that ignores failures]
	//     failed --> timeout : expire* [a job that had run out of time]
	//     failed --> pending : repeat* [a run that goes on and a process that is gone, and a job that is repeated then]
	//     passed --> [*]
	//     waiting --> canceled : drop* [a request that is canceled, or a run that is being canceled]
	//     waiting --> timeout : expire* [a request that is lapsed]
	//     waiting --> passed : pass* [a request that is approved]
	//     waiting --> rejected : reject* [a request that is rejected]
	//     skipped --> [*]
	//     running --> passed : complete
	//     running --> canceling : expire* [its deadline]
	//     running --> failed : fail
	//     running --> failed : interrupt
	//     running --> running : lease [a job that an executor carries out and an attempt that nobody carries out]
	//     running --> passed : pass* [a wait and its deadline]
	//     running --> canceling : stop* [a run that is being canceled]
	//     deciding --> canceled : drop* [a run that is being canceled]
	//     deciding --> unstable : ignore
	//     deciding --> failed : uphold
	//     unstable --> [*]
	//     timeout --> pending : again* [a run that goes on and an error policy with retries left]
	//     timeout --> deciding : ask* [a run that goes on and an error policy that asks a person]
	//     timeout --> unstable : excuse* [an error policy that ignores failures]
	//     canceled --> [*]
	//     rejected --> [*]
	//     canceling --> canceling : complete
	//     canceling --> canceled : drop* [its executor to stop and a canceled run]
	//     canceling --> timeout : expire* [its executor to stop and a run that goes on]
	//     canceling --> canceling : fail
	//     canceling --> canceling : interrupt
}
