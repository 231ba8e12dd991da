package zadig

import (
	"strings"

	"github.com/penstock-go/penstock/workflow"
)

// jobNames returns how the jobs of a run are called here, by key: service-module-job for one of
// several of a job, if that is the name of no other.
func jobNames(run *workflow.Run) map[string]string {
	names, taken := make(map[string]string), make(map[string]int)
	for _, s := range run.Stages() {
		for _, j := range s.Jobs {
			names[j.Key] = jobName(j)
			if taken[names[j.Key]]++; j.Key != names[j.Key] {
				taken[j.Key]++
			}
			taken[j.Name]++
		}
	}
	for _, s := range run.Stages() {
		for _, j := range s.Jobs {
			if taken[names[j.Key]] > 1 {
				names[j.Key] = j.Name
			}
		}
	}
	return names
}

func jobName(j workflow.JobView) string {
	suffix, several := strings.CutPrefix(j.Key, j.Job+".")
	if !several {
		return j.Key
	}
	return strings.NewReplacer(".", "-", "/", "-").Replace(suffix) + "-" + j.Job
}

// findJob returns the job of a run that a name means: the one that is shown, that of
// job-0-0-0-build, or the key.
func findJob(run *workflow.Run, name string) (found workflow.JobView, ok bool) {
	names := jobNames(run)
	for _, s := range run.Stages() {
		for _, j := range s.Jobs {
			switch name {
			case j.Key, j.Name, names[j.Key]:
				return j, true
			}
		}
	}
	return workflow.JobView{}, false
}
