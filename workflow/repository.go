package workflow

// A Repository is code that a job reads: a branch, tag, commit or pull requests
// of a repository on a code host.
type Repository struct {
	Source        string `json:"source,omitempty"` // the kind of host: gitlab, github, …
	CodeHost      int64  `json:"codehost_id,omitempty"`
	CodeHostName  string `json:"codehost_name,omitempty"` // how a start names the host; a [Catalog] turns it into the id
	Owner         string `json:"repo_owner,omitempty"`
	Namespace     string `json:"repo_namespace,omitempty"`
	Name          string `json:"repo_name,omitempty"`
	Remote        string `json:"remote_name,omitempty"`
	Branch        string `json:"branch,omitempty"`
	Tag           string `json:"tag,omitempty"`
	PR            int    `json:"pr,omitempty"`
	PRs           []int  `json:"prs,omitempty"`           // merged in this order
	EnableCommit  bool   `json:"enable_commit,omitempty"` // take CommitID
	CommitID      string `json:"commit_id,omitempty"`
	CommitMessage string `json:"commit_message,omitempty"`
	CheckoutPath  string `json:"checkout_path,omitempty"` // relative to the working directory
	Submodules    bool   `json:"submodules,omitempty"`
	Hidden        bool   `json:"hidden,omitempty"`
	Primary       bool   `json:"is_primary,omitempty"`
	OAuthToken    string `json:"oauth_token,omitempty"` // a secret
	Address       string `json:"address,omitempty"`
	AuthorName    string `json:"author_name,omitempty"`

	// SourceFrom says where the rest comes from: "", "runtime" and "fixed" from here, of which a start
	// may change the first two; "param" from the parameter ParamName; "job" from the job JobName, which
	// ends before: from its repository at Index, from 0, for the service that ServiceName and ServiceModule
	// name, or else the one that this repository is for. A run puts what it comes from in its place, but for
	// CheckoutPath, Remote, Submodules, Hidden and Primary.
	SourceFrom    string `json:"source_from,omitempty"`
	ParamName     string `json:"param_name,omitempty"`
	JobName       string `json:"job_name,omitempty"`
	ServiceName   string `json:"service_name,omitempty"`
	ServiceModule string `json:"service_module,omitempty"`
	Index         int    `json:"repo_index,omitempty"`
	SubmissionID  string `json:"submission_id,omitempty"`

	Stream       string `json:"stream,omitempty"` // this and the next three: Perforce
	ViewMapping  string `json:"view_mapping,omitempty"`
	ChangelistID int    `json:"changelist_id,omitempty"`
	ShelveID     int    `json:"shelve_id,omitempty"`

	Rest
}

// Ref returns what is checked out: the commit, the tag, the branch or the pull
// requests, whichever is there first; empty if nothing says.
func (r *Repository) Ref() string {
	switch {
	case r.EnableCommit && r.CommitID != "":
		return r.CommitID
	case r.Tag != "":
		return r.Tag
	default:
		return r.Branch
	}
}
