package workflow

// StorageUse says which shared storages a job sees.
type StorageUse struct {
	Enabled  bool           `json:"enabled"`
	Storages []ShareStorage `json:"share_storages,omitempty"` // names that the definition has
	Rest
}

// A storageUser is a spec that uses shared storages.
type storageUser interface {
	// storageUses returns them by the path in the spec.
	storageUses() map[string]*StorageUse
}

func (u *StorageUse) check(c *Checker) {
	if u == nil || !c.Count("share_storages", len(u.Storages), MaxStorages) {
		return
	}
	for i, s := range u.Storages {
		at := c.At("share_storages[%d]", i)
		at.Name("name", s.Name)
		at.Text("path", s.Path, MaxValue)
	}
}

func (s *BuildSpec) storageUses() map[string]*StorageUse {
	uses := make(map[string]*StorageUse)
	for _, list := range s.lists() {
		for i := range list.builds {
			uses[list.field+"["+decimal(i)+"].share_storage_info"] = list.builds[i].Storage
		}
	}
	return uses
}
