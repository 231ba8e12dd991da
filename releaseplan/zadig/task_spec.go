package zadig

import (
	"cmp"
	"encoding/json"

	"github.com/penstock-go/penstock/workflow"
)

// shownSpec is what is shown of the spec of a job, of which secrets are masked already.
func shownSpec(kind string, spec json.RawMessage, outputs map[string]string) any {
	builtin, err := (*workflow.Types)(nil).Decode(&workflow.Job{Type: kind, Spec: spec})
	if err != nil { // of a type of the host
		return spec
	}
	switch s := builtin.(type) {
	case *workflow.BuildSpec:
		return shownBuild(s, outputs)
	case *workflow.FreestyleSpec:
		return shownFreestyle(s)
	case *workflow.TestSpec:
		t := firstOf(s.Modules, s.ServiceTests)
		return taskTestSpec{TestingName: t.Name, Repos: eachOf(t.Repos, shownRepo), ServiceName: t.Service, ServiceModule: t.Module, Envs: eachOf(t.KeyVals, shownEnv)}
	case *workflow.ScanningSpec:
		t := firstOf(s.Scannings, s.ServiceScannings)
		return taskScanningSpec{ScanningName: t.Name, Repos: eachOf(t.Repos, shownRepo), ServiceName: t.Service, ServiceModule: t.Module, Envs: eachOf(t.KeyVals, shownEnv)}
	case *workflow.DeploySpec:
		return shownDeploy(s)
	case *workflow.PluginSpec:
		return shownPlugin(&s.Plugin)
	default:
		return spec
	}
}

// firstOf returns the first element of lists. A job of a run works on one thing.
func firstOf[T any](lists ...[]T) (first T) {
	for _, list := range lists {
		if len(list) > 0 {
			return list[0]
		}
	}
	return first
}

func shownBuild(s *workflow.BuildSpec, outputs map[string]string) taskCodeSpec {
	b := firstOf(s.Builds, s.Defaults)
	return taskCodeSpec{
		Repos: eachOf(b.Repos, shownRepo), Image: cmp.Or(outputs["IMAGE"], b.Image), ServiceName: b.Service, ServiceModule: b.Module, Envs: eachOf(b.KeyVals, shownEnv),
	}
}

func shownFreestyle(s *workflow.FreestyleSpec) taskCodeSpec {
	service := firstOf(s.Services)
	repos := append(eachOf(service.Repos, shownRepo), eachOf(s.Repos, shownRepo)...)
	for _, step := range s.Steps {
		repos = append(repos, eachOf(step.Spec.Repos, shownRepo)...)
	}
	return taskCodeSpec{Repos: repos, ServiceName: service.Service, ServiceModule: service.Module, Envs: eachOf(s.Variables(), shownEnv)}
}

func shownDeploy(s *workflow.DeploySpec) taskDeploySpec {
	out := taskDeploySpec{Env: s.Env, SkipCheckRunStatus: s.SkipRunCheck, ServiceAndImages: []taskServiceImage{}}
	for _, service := range s.Services {
		for _, m := range service.Modules {
			out.ServiceAndImages = append(out.ServiceAndImages, taskServiceImage{ServiceName: service.Service, ServiceModule: m.Module, Image: m.Image})
		}
	}
	for _, m := range s.Images {
		out.ServiceAndImages = append(out.ServiceAndImages, taskServiceImage{ServiceName: m.Service, ServiceModule: m.Module, Image: m.Image})
	}
	return out
}

func shownPlugin(p *workflow.Plugin) taskPluginSpec {
	return taskPluginSpec{
		Name: p.Name, IsOfficial: p.Official, Description: p.Description, RepoURL: p.RepoURL, Version: p.Version, Image: p.Image,
		Args: append([]string{}, p.Args...), Cmds: append([]string{}, p.Cmds...),
		Envs:    eachOf(p.Envs, func(e workflow.PluginEnv) taskPluginEnv { return taskPluginEnv{Name: e.Name, Value: e.Value} }),
		Inputs:  eachOf(p.Inputs, func(in workflow.PluginInput) taskParam { return shownParam(in.Param) }),
		Outputs: eachOf(p.Outputs, func(o workflow.Output) taskOutput { return taskOutput{Name: o.Name, Description: o.Description} }),
	}
}

func shownRepo(r workflow.Repository) taskRepo {
	out := taskRepo{
		Source: r.Source, RepoOwner: r.Owner, RepoNamespace: r.Namespace, RepoName: r.Name, RemoteName: r.Remote, Branch: r.Branch, Tag: r.Tag, PRs: r.PRs,
		CommitID: r.CommitID, CommitMessage: r.CommitMessage, Address: r.Address, AuthorName: r.AuthorName,
	}
	if len(out.PRs) == 0 && r.PR != 0 {
		out.PRs = []int{r.PR}
	}
	return out
}

func shownEnv(kv workflow.KeyVal) taskEnv {
	return taskEnv{Key: kv.Key, Value: kv.Value, Type: string(cmp.Or(kv.Type, workflow.StringParam)), IsCredential: kv.Secret || kv.Type == workflow.SecretParam}
}
