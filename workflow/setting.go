package workflow

import "encoding/json"

// AdvancedSpec says where and how long a job runs. Older definitions call it
// properties.
type AdvancedSpec struct {
	TimeoutMins  int               `json:"timeout,omitempty"` // minutes; 0 means 60
	Cluster      string            `json:"cluster_id,omitempty"`
	Request      string            `json:"res_req,omitempty"` // how much: low, medium, high, define, …
	RequestSpec  json.RawMessage   `json:"res_req_spec,omitempty"`
	Strategy     string            `json:"strategy_id,omitempty"`
	BuildOS      string            `json:"build_os,omitempty"`
	ImageID      string            `json:"image_id,omitempty"`
	ImageFrom    string            `json:"image_from,omitempty"` // koderover or custom
	Envs         []KeyVal          `json:"envs,omitempty"`
	CustomEnvs   []KeyVal          `json:"custom_envs,omitempty"`
	Params       []json.RawMessage `json:"params,omitempty"` // JSON objects, kept as they are
	CacheEnable  bool              `json:"cache_enable,omitempty"`
	CacheDirType string            `json:"cache_dir_type,omitempty"` // workspace or user_defined
	CacheUserDir string            `json:"cache_user_dir,omitempty"`
	Storage      *StorageUse       `json:"share_storage_info,omitempty"`
	Outputs      []Output          `json:"outputs,omitempty"`
	Rest
}

// RuntimeSpec says what a job runs on.
type RuntimeSpec struct {
	Infrastructure string    `json:"infrastructure,omitempty"` // kubernetes or vm
	BuildOS        string    `json:"build_os,omitempty"`
	ImageFrom      string    `json:"image_from,omitempty"` // koderover or custom
	ImageID        string    `json:"image_id,omitempty"`
	Installs       []Install `json:"installs,omitempty"`
	VMLabels       []string  `json:"vm_labels,omitempty"`
	Rest
}

// An Install is a tool that a job needs.
type Install struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
	ID      string `json:"id,omitempty"`
	Rest
}

// UploadSpec says what a job leaves in an object storage.
type UploadSpec struct {
	Enabled bool           `json:"enabled"`
	Storage string         `json:"object_storage_id,omitempty"`
	Details []UploadDetail `json:"upload_detail,omitempty"`
	Rest
}

// An UploadDetail is one file of it.
type UploadDetail struct {
	File string `json:"file_path"`
	Dest string `json:"dest_path,omitempty"`
	Rest
}

const (
	defaultTimeout = 60  // minutes
	maxInstalls    = 100 // tools, labels and files of one job
)

func (a *AdvancedSpec) check(c *Checker) {
	if a == nil {
		return
	}
	c.Range("timeout", a.TimeoutMins, 0, MaxTimeout)
	for _, f := range []struct{ field, text string }{
		{"cluster_id", a.Cluster}, {"res_req", a.Request}, {"strategy_id", a.Strategy}, {"build_os", a.BuildOS},
		{"image_id", a.ImageID}, {"cache_user_dir", a.CacheUserDir},
	} {
		c.Short(f.field, f.text)
	}
	c.OneOf("image_from", a.ImageFrom, "", "koderover", "custom")
	c.OneOf("cache_dir_type", a.CacheDirType, "", "workspace", "user_defined")
	if a.CacheEnable && a.CacheDirType == "user_defined" && a.CacheUserDir == "" {
		c.Fault("cache_user_dir", "must not be empty with cache_dir_type user_defined")
	}
	if len(a.RequestSpec) > 0 && string(a.RequestSpec) != "null" {
		c.checkObject("res_req_spec", a.RequestSpec, maxVerbatim)
	}
	c.checkKeyVals("envs", a.Envs)
	c.checkKeyVals("custom_envs", a.CustomEnvs)
	c.checkObjects("params", a.Params, maxKeyVals)
	a.Storage.check(c.At("share_storage_info"))
	c.checkOutputs(a.Outputs)
}

func (r *RuntimeSpec) check(c *Checker) {
	if r == nil {
		return
	}
	c.OneOf("infrastructure", r.Infrastructure, "", "kubernetes", "vm")
	c.Short("build_os", r.BuildOS)
	c.OneOf("image_from", r.ImageFrom, "", "koderover", "custom")
	c.Short("image_id", r.ImageID)
	c.checkInstalls("installs", r.Installs)
	if c.Count("vm_labels", len(r.VMLabels), maxInstalls) {
		for i, label := range r.VMLabels {
			c.Name("vm_labels["+decimal(i)+"]", label)
		}
	}
}

func (c *Checker) checkInstalls(field string, all []Install) {
	if !c.Count(field, len(all), maxInstalls) {
		return
	}
	for i, tool := range all {
		at := c.At("%s[%d]", field, i)
		at.Name("name", tool.Name)
		at.Short("version", tool.Version)
		at.Short("id", tool.ID)
	}
}

func (u *UploadSpec) check(c *Checker) {
	if u == nil {
		return
	}
	c.Short("object_storage_id", u.Storage)
	if !c.Count("upload_detail", len(u.Details), maxInstalls) {
		return
	}
	for i, d := range u.Details {
		at := c.At("upload_detail[%d]", i)
		at.Name("file_path", d.File)
		at.Short("dest_path", d.Dest)
	}
}

// timeoutOf returns the first timeout that is set, or the default.
func timeoutOf(settings ...*AdvancedSpec) int {
	for _, a := range settings {
		if a != nil && a.TimeoutMins > 0 {
			return a.TimeoutMins
		}
	}
	return defaultTimeout
}

func settingStorages(advanced, properties *AdvancedSpec) map[string]*StorageUse {
	uses := make(map[string]*StorageUse, 2)
	if advanced != nil {
		uses["advanced_setting.share_storage_info"] = advanced.Storage
	}
	if properties != nil {
		uses["properties.share_storage_info"] = properties.Storage
	}
	return uses
}
