package workflow

import (
	"strconv"

	"github.com/penstock-go/penstock"
)

// references collects references.
type references []Reference

// add adds a name, unless there is none or it holds variables.
func (r *references) add(kind ReferenceKind, project, name, field string, set func(id string) error) {
	if name != "" && !hasVariable(name) {
		*r = append(*r, Reference{Kind: kind, Project: project, Name: name, Field: field, set: set})
	}
}

// repos adds the code hosts of repositories.
func (r *references) repos(field string, repos []Repository) {
	for i := range repos {
		repo, path := &repos[i], field+"["+decimal(i)+"].codehost_name"
		r.add(RefCodeHost, "", repo.CodeHostName, path, func(id string) error {
			n, err := strconv.ParseInt(id, 10, 64)
			if err != nil {
				return penstock.Invalid(path, "the id of a code host must be a number")
			}
			repo.CodeHost = n
			return nil
		})
	}
}

// registry adds a registry by its name, or else by its id.
func (r *references) registry(name string, id *string) {
	if name == "" {
		r.add(RefRegistry, "", *id, "docker_registry_id", nil)
		return
	}
	r.add(RefRegistry, "", name, "registry", into(id))
}

// into returns a function that puts an id into a member.
func into(member *string) func(id string) error {
	return func(id string) error {
		*member = id
		return nil
	}
}

// References returns the registry, the builds and the code hosts.
func (s *BuildSpec) References() []Reference {
	var r references
	r.registry(s.Address, &s.Registry)
	for i := range s.Builds {
		b, path := &s.Builds[i], "service_and_builds["+decimal(i)+"]"
		r.add(RefBuild, "", b.Build, path+".build_name", nil)
		r.repos(path+".repos", b.Repos)
	}
	return r
}

// References returns the environment and its services.
func (s *DeploySpec) References() []Reference {
	var r references
	r.add(RefEnvironment, "", s.Env, "env", nil)
	if len(r) == 0 { // it is not known yet
		return nil
	}
	for i := range s.Services {
		before := len(r)
		if r.add(RefService, "", s.Services[i].Service, "services["+decimal(i)+"].service_name", nil); len(r) > before {
			r[before].Env = s.Env
		}
	}
	return r
}

// References returns the registry and the cluster.
func (s *CustomDeploySpec) References() []Reference {
	var r references
	r.registry("", &s.Registry)
	r.add(RefCluster, "", s.Cluster, "cluster_id", nil)
	return r
}

// References returns the cluster and the code hosts.
func (s *FreestyleSpec) References() []Reference {
	var r references
	r.settings(s.Advanced, s.Properties)
	for _, list := range s.repoLists() {
		r.repos(list.field, list.repos)
	}
	return r
}

func (r *references) settings(advanced, properties *AdvancedSpec) {
	if advanced != nil {
		r.add(RefCluster, "", advanced.Cluster, "advanced_setting.cluster_id", nil)
	}
	if properties != nil {
		r.add(RefCluster, "", properties.Cluster, "properties.cluster_id", nil)
	}
}

// References returns the tests and the code hosts.
func (s *TestSpec) References() []Reference { return s.suite().references(RefTest) }

// References returns the scannings and the code hosts.
func (s *ScanningSpec) References() []Reference { return s.suite().references(RefScanning) }

func (t testSuite) references(kind ReferenceKind) []Reference {
	var r references
	for _, list := range []struct {
		field string
		tests []Test
	}{{t.words.plain, t.plain}, {t.words.services, t.services}} {
		for i := range list.tests {
			test, path := &list.tests[i], list.field+"["+decimal(i)+"]"
			r.add(kind, test.Project, test.Name, path+".name", nil)
			r.repos(path+".repos", test.Repos)
		}
	}
	return r
}

// References returns the database.
func (s *SQLSpec) References() []Reference {
	var r references
	if s.DatabaseName == "" {
		r.add(RefDatabase, "", s.DatabaseID, "id", nil)
	}
	r.add(RefDatabase, "", s.DatabaseName, "database_name", into(&s.DatabaseID))
	return r
}

// References returns the cluster.
func (s *PluginSpec) References() []Reference {
	var r references
	r.settings(s.Advanced, s.Properties)
	return r
}

// References returns the registries and the cluster.
func (s *DistributeSpec) References() []Reference {
	var r references
	r.add(RefRegistry, "", s.SourceRegistry, "source_registry_id", nil)
	r.add(RefRegistry, "", s.TargetRegistry, "target_registry_id", nil)
	r.add(RefCluster, "", s.Cluster, "cluster_id", nil)
	return r
}
