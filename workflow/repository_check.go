package workflow

import "slices"

const maxRepos = 100 // of one list

// checkRepos reports the faults of repositories. Whether a start has everything
// it needs is [Checker.readyRepos]'s.
func (c *Checker) checkRepos(repos []Repository) {
	if !c.Count("repos", len(repos), maxRepos) {
		return
	}
	paths := make(map[string]bool, len(repos))
	for i := range repos {
		at, r := c.At("repos[%d]", i), &repos[i]
		r.check(at)
		if r.CheckoutPath != "" && paths[r.CheckoutPath] {
			at.Fault("checkout_path", "%q is taken by a repository before this one", short(r.CheckoutPath))
		}
		paths[r.CheckoutPath] = true
	}
}

func (r *Repository) check(c *Checker) {
	for _, f := range []struct{ field, text string }{
		{"source", r.Source}, {"codehost_name", r.CodeHostName}, {"repo_owner", r.Owner},
		{"repo_namespace", r.Namespace}, {"remote_name", r.Remote}, {"branch", r.Branch}, {"tag", r.Tag},
		{"commit_id", r.CommitID}, {"checkout_path", r.CheckoutPath}, {"author_name", r.AuthorName},
		{"param_name", r.ParamName}, {"job_name", r.JobName}, {"service_name", r.ServiceName},
		{"service_module", r.ServiceModule}, {"submission_id", r.SubmissionID}, {"stream", r.Stream},
	} {
		c.Short(f.field, f.text)
	}
	c.Text("commit_message", r.CommitMessage, MaxValue)
	c.Text("address", r.Address, MaxValue)
	c.Text("oauth_token", r.OAuthToken, MaxValue)
	c.Text("view_mapping", r.ViewMapping, MaxValue)
	c.OneOf("source_from", r.SourceFrom, "", "runtime", "fixed", "param", "job")
	switch r.SourceFrom {
	case "param":
		c.Name("param_name", r.ParamName)
	case "job":
		c.Name("job_name", r.JobName)
	default:
		c.Name("repo_name", r.Name)
	}
	if r.EnableCommit && r.CommitID == "" && !r.changeable() {
		c.Fault("commit_id", "must be set with enable_commit")
	}
	if r.PR < 0 || slices.ContainsFunc(r.PRs, func(n int) bool { return n <= 0 }) {
		c.Fault("prs", "must be numbers of pull requests, from 1")
	}
	if !inside(r.CheckoutPath) {
		c.Fault("checkout_path", "must be a relative path that stays in the working directory")
	}
}

// changeable reports whether a start may give the rest.
func (r *Repository) changeable() bool { return r.SourceFrom == "" || r.SourceFrom == "runtime" }

// pulls reports whether pull requests say what is checked out.
func (r *Repository) pulls() bool { return r.PR > 0 || len(r.PRs) > 0 }

// readyRepos reports repositories of which nothing says what to check out.
func (c *Checker) readyRepos(repos []Repository) {
	for i := range repos {
		r := &repos[i]
		if r.SourceFrom == "param" || r.SourceFrom == "job" || r.Stream != "" {
			continue
		}
		at := c.At("repos[%d]", i)
		if r.Ref() == "" && !r.pulls() {
			at.Fault("branch", "must be set, or a tag, a commit or pull requests")
		}
		if r.EnableCommit && r.CommitID == "" {
			at.Fault("commit_id", "must be set with enable_commit")
		}
	}
}
