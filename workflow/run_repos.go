package workflow

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// repoOf returns the repository that a parameter stands for, or nil. What is in it is data:
// it refers to nothing.
func repoOf(params []Param, name string) *Repository {
	i := slices.IndexFunc(params, func(p Param) bool { return p.Name == name && p.Type == RepoParam })
	if i < 0 || params[i].Repo == nil {
		return nil
	}
	return params[i].Repo.quoted()
}

// quoted returns r with every text as data.
func (r *Repository) quoted() *Repository {
	text, err := json.Marshal(r)
	if err == nil {
		text, err = QuoteSpec(text)
	}
	var q Repository
	if err != nil || json.Unmarshal(text, &q) != nil {
		return nil // cannot be: it was read from JSON
	}
	return &q
}

// Where the repository of a job comes from, if not from its spec.
const (
	repoOfParam = "param"
	repoOfJob   = "job"
	repoIsFixed = "fixed"
)

// borrowed reports whether a repository stands for another one.
func (r *Repository) borrowed() bool { return r.SourceFrom == repoOfParam || r.SourceFrom == repoOfJob }

// lent returns the repository that r stands for, at the place where r wants it: what is
// checked out is the other's, and where to is r's own.
func (r *Repository) lent(from *Repository) Repository {
	next := *from
	next.CheckoutPath, next.Remote, next.Submodules = r.CheckoutPath, r.Remote, r.Submodules
	next.Hidden, next.Primary = r.Hidden, r.Primary
	next.SourceFrom, next.ParamName, next.JobName = repoIsFixed, r.ParamName, r.JobName
	next.ServiceName, next.ServiceModule, next.Index = r.ServiceName, r.ServiceModule, r.Index
	return next
}

// borrow puts the repositories into a piece that those of its spec stand for.
func (b *graphBuilder) borrow(job *Job, piece *Piece) error {
	if !bytes.Contains(piece.Spec, []byte(`"source_from"`)) {
		return nil
	}
	spec, err := b.types.Decode(&Job{Type: job.Type, Spec: piece.Spec})
	if err != nil {
		return err
	}
	holder, ok := spec.(repoHolder)
	if !ok {
		return nil
	}
	var c Checker
	for _, list := range holder.repoLists() {
		for i := range list.repos {
			r := &list.repos[i]
			if !r.borrowed() {
				continue
			}
			if from, field, why := b.lender(r, piece); from == nil {
				c.At("%s[%d]", list.field, i).Fault(field, "%s", why)
			} else {
				*r = r.lent(from) // the list is the spec's own
			}
		}
		c.At("%s", strings.TrimSuffix(strings.TrimSuffix(list.field, "repos"), ".")).readyRepos(list.repos)
	}
	if err := c.Faults(); err != nil {
		return err
	}
	if piece.Spec, err = EncodeSpec(spec); err != nil {
		return err
	}
	piece.Values = maps.Clone(piece.Values)
	maps.Copy(piece.Values, values("", "", flatRepos(holder), nil))
	return nil
}

// lender returns the repository that one of a piece stands for; if there is none, which
// member is wrong, and why.
func (b *graphBuilder) lender(r *Repository, piece *Piece) (from *Repository, field, why string) {
	if r.SourceFrom == repoOfParam {
		b.graph.borrows = true
		if from = repoOf(b.params, r.ParamName); from == nil {
			return nil, "param_name", "the parameter " + short(r.ParamName) + " has no repository"
		}
		return from, "", ""
	}
	service := ServiceModule{Service: r.ServiceName, Module: r.ServiceModule}
	if service.Service == "" && len(piece.Services) > 0 {
		service = piece.Services[0]
	}
	repos, ok := b.reposFor(r.JobName, service, r.ServiceName != "")
	switch {
	case !ok && service.Service != "":
		return nil, "service_name", "job " + short(r.JobName) + " does not work on service " + short(service.Suffix())
	case !ok:
		return nil, "job_name", "job " + short(r.JobName) + " has no repositories"
	case r.Index < 0 || r.Index >= len(repos):
		return nil, "repo_index", "job " + short(r.JobName) + " has " + decimal(len(repos)) + " repositories"
	case repos[r.Index].borrowed(): // the job is left out, so that nobody was told what is wrong with it
		return nil, "job_name", "job " + short(r.JobName) + " does not know its repository"
	}
	return &repos[r.Index], "", ""
}

// reposFor returns the repositories with which a job before works on a service, and
// those of a job that does not work on services whatever it is, unless it was named.
func (b *graphBuilder) reposFor(job string, service ServiceModule, named bool) ([]Repository, bool) {
	from, _ := b.graph.def.Job(job)
	if from == nil {
		return nil, false
	}
	for _, p := range b.pieces[job] {
		fits := slices.ContainsFunc(p.Services, func(s ServiceModule) bool { return s.Service == service.Service && s.Module == service.Module })
		if !fits && (len(p.Services) > 0 && service.Service != "" || named) {
			continue
		}
		spec, err := b.types.Decode(&Job{Type: from.Type, Spec: p.Spec})
		if err != nil {
			return nil, false
		}
		holder, ok := spec.(repoHolder)
		if !ok {
			return nil, false
		}
		return flatRepos(holder), true
	}
	return nil, false
}

// flatRepos returns the repositories of one piece: those of its service, and then those that
// are for all.
func flatRepos(holder repoHolder) (repos []Repository) {
	lists := holder.repoLists()
	for _, own := range []bool{true, false} {
		for _, list := range lists {
			if (list.service.Service != "") == own {
				repos = append(repos, list.repos...)
			}
		}
	}
	return repos
}

// checkLender reports what is wrong with the job that a repository is taken from, as far
// as its spec tells.
func (r *Repository) checkLender(c *Checker, from Spec) {
	holder, ok := from.(repoHolder)
	switch {
	case !ok:
		c.Fault("job_name", "job %s has no repositories", short(r.JobName))
	case r.Index < 0:
		c.Fault("repo_index", "must not be negative")
	case r.ServiceName != "" && !slices.ContainsFunc(holder.repoLists(), func(l repoList) bool {
		return l.service == ServiceModule{Service: r.ServiceName, Module: r.ServiceModule}
	}):
		if f, follows := from.(Follower); !follows || f.FromJob() == "" { // what that works on is known only then
			c.Fault("service_name", "job %s does not work on service %s", short(r.JobName), short(ServiceModule{Service: r.ServiceName, Module: r.ServiceModule}.Suffix()))
		}
	}
}
