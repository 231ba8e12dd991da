package workflow

import "fmt"

// checkJobs checks the jobs of a definition, and what they are to each other.
type checkJobs struct {
	d     *Definition
	types *Types
	specs map[string]Spec // by job, of those that can be read
	ranks map[string]int  // by job
}

func (j *checkJobs) check(c *Checker) {
	names, ids := make(map[string]bool), make(map[string]bool)
	j.each(c, func(at *Checker, job *Job) {
		switch {
		case !jobName.MatchString(job.Name):
			at.Fault("name", "job name [%s] did not match %s", short(job.Name), jobName)
		case names[job.Name]:
			at.Fault("name", "duplicated job name: %s", job.Name)
		}
		at.id(job.ID, ids)
		job.check(at)
		if spec := j.spec(at, job); spec != nil && !names[job.Name] {
			j.specs[job.Name] = spec
		}
		names[job.Name] = true
	})
	j.each(c, func(at *Checker, job *Job) {
		if spec := j.specs[job.Name]; spec != nil {
			at = at.At("spec")
			j.follow(at, job, spec)
			j.storages(at, spec)
			j.repos(at, job, spec)
		}
	})
}

func (j *checkJobs) each(c *Checker, do func(at *Checker, job *Job)) {
	for i := range j.d.Stages {
		for k := range j.d.Stages[i].Jobs {
			do(c.At("stages[%d].jobs[%d]", i, k), &j.d.Stages[i].Jobs[k])
		}
	}
}

// spec checks the spec of a job; nil if it cannot be read.
func (j *checkJobs) spec(c *Checker, job *Job) Spec {
	if !j.types.Has(job.Type) {
		c.Fault("type", "job type not supported: %q", short(job.Type))
		return nil
	}
	if len(job.Spec) > 0 {
		before := c.count()
		if c.checkObject("spec", job.Spec, MaxSpec); c.count() > before {
			return nil
		}
	}
	spec, err := j.types.Decode(job)
	if err != nil {
		c.Err("", err)
		return nil
	}
	spec.Check(c.At("spec"))
	return spec
}

// check reports what is wrong with a job but for its name, type and spec.
func (job *Job) check(c *Checker) {
	c.OneOf("run_policy", string(job.RunPolicy), "", string(DefaultNotRun), string(ForceRun), string(SkipManual))
	c.OneOf("crash_policy", string(job.Crash), "", string(FailOnCrash), string(RepeatOnCrash))
	if job.Skipped && job.RunPolicy == ForceRun {
		c.Fault("skipped", "job %s skipped, but the run policy is set to force run", short(job.Name))
	}
	if job.Error != nil {
		job.Error.check(c.At("error_policy"))
	}
	if job.Execute != nil {
		job.Execute.check(c.At("execute_policy"))
	}
	c.checkObjects("service_modules", job.ServiceModules, MaxPieces)
	c.checkControls("notify_ctls", job.Notify)
}

func (p *ErrorPolicy) check(c *Checker) {
	c.OneOf("policy", string(p.Policy), "", string(Stop), string(IgnoreError), string(Retry), string(ManualCheck))
	low := 0
	if p.Policy == Retry {
		low = 1
	}
	c.Range("maximum_retry", p.MaxRetries, low, MaxRetries)
	p.Deciders.check(c, "approval_users")
}

func (p *ExecutePolicy) check(c *Checker) {
	c.OneOf("type", string(p.Type), string(SkipIf), string(ExecuteIf))
	c.OneOf("match_rule", string(p.Match), "", string(MatchAll), string(MatchAny))
	if !c.Count("rules", len(p.Rules), MaxRules) {
		return
	}
	for i, r := range p.Rules {
		at := c.At("rules[%d]", i)
		at.Required("field", r.Field, MaxValue)
		at.OneOf("verb", string(r.Verb), string(Equals), string(NotEquals), string(Contains), string(NotContains),
			string(BeginsWith), string(NotBeginsWith), string(EndsWith), string(NotEndsWith))
		at.Text("value", r.Value, MaxValue)
	}
}

// before returns why a job does not end before another starts; empty if it does.
func (j *checkJobs) before(name string, job *Job) string {
	rank, ok := j.ranks[name]
	switch {
	case !ok:
		return "there is no such job"
	case rank >= j.ranks[job.Name]:
		return "it does not end before"
	default:
		return ""
	}
}

// follow checks the job that a job follows.
func (j *checkJobs) follow(c *Checker, job *Job, spec Spec) {
	follower, ok := spec.(Follower)
	if !ok || follower.FromJob() == "" {
		return
	}
	name := follower.FromJob()
	quote := func(why string) {
		c.Fault("job_name", "can not quote job %s in job %s: %s", short(name), short(job.Name), why)
	}
	if why := j.before(name, job); why != "" {
		quote(why)
		return
	}
	from, known := j.specs[name]
	if !known {
		return // it has faults of its own
	}
	if err := follower.Fits(from); err != nil {
		quote("it is one " + err.Error())
	}
	depth := 0
	for next := name; next != "" && depth <= maxChain; depth++ { // ranks fall, but not if a job quotes wrongly
		f, ok := j.specs[next].(Follower)
		if !ok {
			break
		}
		next = f.FromJob()
	}
	if depth > maxChain {
		quote(fmt.Sprintf("more than %d jobs follow each other", maxChain))
	}
}

// storages checks that the shared storages that a job uses are there.
func (j *checkJobs) storages(c *Checker, spec Spec) {
	user, ok := spec.(storageUser)
	if !ok {
		return
	}
	uses := user.storageUses()
	for _, path := range sortedKeys(uses) {
		use := uses[path]
		if use == nil || !use.Enabled {
			continue
		}
		for i, s := range use.Storages {
			if s.Name != "" && !j.d.hasStorage(s.Name) {
				c.At("%s", path).Fault(fmt.Sprintf("share_storages[%d].name", i), "the workflow has no storage %q", short(s.Name))
			}
		}
	}
}

func (d *Definition) hasStorage(name string) bool {
	for _, s := range d.Storages {
		if s.Name == name {
			return true
		}
	}
	return false
}

// repos checks that what repositories are taken from is there.
func (j *checkJobs) repos(c *Checker, job *Job, spec Spec) {
	holder, ok := spec.(repoHolder)
	if !ok {
		return
	}
	for _, list := range holder.repoLists() {
		for i := range list.repos {
			at, r := c.At("%s[%d]", list.field, i), &list.repos[i]
			switch r.SourceFrom {
			case "param":
				if p := j.d.Param(r.ParamName); p == nil || p.Type != RepoParam {
					at.Fault("param_name", "the workflow has no parameter %q of type %s", short(r.ParamName), RepoParam)
				}
			case "job":
				if why := j.before(r.JobName, job); why != "" {
					at.Fault("job_name", "can not quote job %s in job %s: %s", short(r.JobName), short(job.Name), why)
				} else if from := j.specs[r.JobName]; from != nil {
					r.checkLender(at, from)
				}
			}
		}
	}
}
