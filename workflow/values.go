package workflow

import "strconv"

// values returns what is known of a run before it starts: its variables, and
// over them what it works on.
func values(service, module string, repos []Repository, keys []KeyVal) map[string]string {
	v := make(map[string]string, len(keys)+6)
	for _, kv := range keys {
		v[kv.Key] = kv.Value
	}
	for name, value := range map[string]string{"SERVICE_NAME": service, "SERVICE_MODULE": module} {
		if value != "" {
			v[name] = value
		}
	}
	if r := primary(repos); r != nil {
		v["REPONAME"], v["BRANCH"], v["COMMITID"] = r.Name, r.Branch, r.CommitID
		v["GITURL"] = r.Address
		if r.PR > 0 {
			v["PR"] = decimal(r.PR)
		}
	}
	return v
}

// primary returns the main repository, or else the first; nil if there is none.
func primary(repos []Repository) *Repository {
	for i := range repos {
		if repos[i].Primary {
			return &repos[i]
		}
	}
	if len(repos) > 0 {
		return &repos[0]
	}
	return nil
}

func decimal(n int) string { return strconv.Itoa(n) }
