package workflow

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
)

// RepoInput says what a start takes from a repository. Host, namespace and name
// say which repository of the job it is about.
type RepoInput struct {
	CodeHostName string `json:"codehost_name,omitempty"`
	Namespace    string `json:"repo_namespace,omitempty"`
	Name         string `json:"repo_name"`
	Branch       string `json:"branch,omitempty"`
	Tag          string `json:"tag,omitempty"`
	PR           int    `json:"pr,omitempty"`
	PRs          []int  `json:"prs,omitempty"`
	EnableCommit bool   `json:"enable_commit,omitempty"`
	CommitID     string `json:"commit_id,omitempty"`
	Remote       string `json:"remote_name,omitempty"`
	CheckoutPath string `json:"checkout_path,omitempty"`
	Submodules   bool   `json:"submodules,omitempty"`
	Stream       string `json:"stream,omitempty"`
	ViewMapping  string `json:"view_mapping,omitempty"`
	ChangelistID int    `json:"changelist_id,omitempty"`
	ShelveID     int    `json:"shelve_id,omitempty"`
}

// KeyInput is the value that a start gives to a variable of a job.
type KeyInput struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// DecodeInput reads the parameters of a job into v, a pointer to a struct. In
// contrast to encoding/json it refuses every member that v does not know, each
// with its path, as an ErrInvalid.
func DecodeInput(parameters json.RawMessage, v any) error {
	text := bytes.TrimSpace(parameters)
	if len(text) == 0 || bytes.Equal(text, []byte("null")) {
		return nil
	}
	var c Checker
	c.checkObject("", text, MaxSpec)
	if err := c.Faults(); err != nil {
		return err
	}
	if err := json.Unmarshal(text, v); err != nil {
		return decodeFault("", text, v, err)
	}
	c.unknown(text, reflect.TypeOf(v))
	return c.Faults()
}

// unknown reports members of text that values of t have no place for.
func (c *Checker) unknown(text json.RawMessage, t reflect.Type) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Slice:
		var elements []json.RawMessage
		if t.Elem().Kind() == reflect.Struct && json.Unmarshal(text, &elements) == nil {
			for i, e := range elements {
				c.At("[%d]", i).unknown(e, t.Elem())
			}
		}
	case reflect.Struct:
		var members map[string]json.RawMessage
		if json.Unmarshal(text, &members) != nil {
			return
		}
		for _, f := range reflect.VisibleFields(t) {
			name, ok := member(f)
			for key := range members {
				if ok && strings.EqualFold(key, name) {
					c.At("%s", name).unknown(members[key], f.Type)
					delete(members, key)
				}
			}
		}
		for _, key := range sortedKeys(members) {
			c.Fault(short(key), "is not taken")
		}
	default: // has no members
	}
}

// putRepos puts what a start gives into repositories. If none are listed, what
// the start gives is all that is known of them; otherwise each has to be listed.
func (c *Checker) putRepos(repos []Repository, given []RepoInput) []Repository {
	next, open := slices.Clone(repos), len(repos) == 0
	used := make(map[int]bool, len(given))
	for i, in := range given {
		at := c.At("repo_info[%d]", i)
		at.checkRepoInput(in)
		j := slices.IndexFunc(next, in.names)
		switch {
		case j < 0 && open:
			next = append(next, in.onto(Repository{}))
			used[len(next)-1] = true
		case j < 0:
			at.Fault("repo_name", "%q is not a repository of the job", short(in.Name))
		case used[j]:
			at.Fault("repo_name", "%q is given twice", short(in.Name))
		case !next[j].changeable():
			at.Fault("", "the job has this repository from elsewhere")
		default:
			used[j] = true
			next[j] = in.onto(next[j])
		}
	}
	return next
}

func (c *Checker) checkRepoInput(in RepoInput) {
	r := in.onto(Repository{})
	r.check(c)
	if in.EnableCommit && in.CommitID == "" {
		c.Fault("commit_id", "must be set with enable_commit")
	}
	if r.Ref() == "" && !r.pulls() && r.Stream == "" {
		c.Fault("branch", "must be set, or a tag, a commit or pull requests")
	}
}

// names reports whether in is about r.
func (in RepoInput) names(r Repository) bool {
	return in.Name == r.Name &&
		(in.Namespace == "" || in.Namespace == r.Namespace || in.Namespace == r.Owner) &&
		(in.CodeHostName == "" || r.CodeHostName == "" || in.CodeHostName == r.CodeHostName)
}

// onto returns r with what in says.
func (in RepoInput) onto(r Repository) Repository {
	r.CodeHostName, r.Name = first(in.CodeHostName, r.CodeHostName), in.Name
	r.Namespace = first(in.Namespace, r.Namespace)
	r.Branch, r.Tag, r.PR, r.PRs = in.Branch, in.Tag, in.PR, in.PRs
	r.EnableCommit, r.CommitID, r.CommitMessage = in.EnableCommit, in.CommitID, ""
	r.Remote, r.CheckoutPath = first(in.Remote, r.Remote), first(in.CheckoutPath, r.CheckoutPath)
	r.Submodules = r.Submodules || in.Submodules
	r.Stream, r.ViewMapping = first(in.Stream, r.Stream), first(in.ViewMapping, r.ViewMapping)
	if in.ChangelistID != 0 || in.ShelveID != 0 {
		r.ChangelistID, r.ShelveID = in.ChangelistID, in.ShelveID
	}
	return r
}

// putKeys puts what a start gives into variables. With open, a job that lists
// none takes any.
func (c *Checker) putKeys(field string, all []KeyVal, given []KeyInput, open bool) []KeyVal {
	next := slices.Clone(all)
	open = open && len(all) == 0
	seen := make(map[string]bool, len(given))
	for i, in := range given {
		at := c.At("%s[%d]", field, i)
		at.Text("value", in.Value, MaxValue)
		j := slices.IndexFunc(next, func(kv KeyVal) bool { return kv.Key == in.Key })
		switch {
		case in.Key == "":
			at.Fault("key", "must not be empty")
		case seen[in.Key]:
			at.Fault("key", "%q is given twice", short(in.Key))
		case j < 0 && open:
			next = append(next, KeyVal{Key: in.Key, Value: in.Value})
		case j < 0:
			at.Fault("key", "%q is not a variable of the job", short(in.Key))
		case next[j].Source != "" && next[j].Source != FromStart:
			at.Fault("key", "%q is set by the workflow", short(in.Key))
		default:
			next[j] = at.putKey(next[j], in.Value)
		}
		seen[in.Key] = true
	}
	return next
}

func (c *Checker) putKey(kv KeyVal, value string) KeyVal {
	switch kv.Type {
	case ChoiceParam:
		if !slices.Contains(kv.Options, value) {
			c.Fault("value", "must be one of the options")
		}
	case MultiParam:
		kv.Chosen = nil
		for v := range strings.SplitSeq(value, ",") {
			if v != "" {
				kv.Chosen = append(kv.Chosen, v)
			}
		}
		c.checkChosen("value", kv.Options, kv.Chosen)
	default: // any text
	}
	kv.Value = value
	return kv
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
