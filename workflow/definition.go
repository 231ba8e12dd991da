package workflow

import "encoding/json"

// A Definition says what a workflow does. It is data: nothing in this package
// changes one, and [Definition.Validate] says whether it can be stored. Its JSON
// is kept for good; members that it does not know are passed over, but for those
// of specs, which are kept.
type Definition struct {
	Project     string  `json:"project"`                // the key of the project that it belongs to; required
	Key         string  `json:"name"`                   // its identifier: 1 to 63 letters, digits and hyphens
	Name        string  `json:"display_name,omitempty"` // for people; empty: the key
	Description string  `json:"description,omitempty"`
	Disabled    bool    `json:"disabled,omitempty"` // stored and shown, but not started
	Params      []Param `json:"params,omitempty"`
	Stages      []Stage `json:"stages,omitempty"` // one after another; at least one

	// ConcurrencyLimit is how many runs there can be at once; nil and -1 mean any
	// number. With 0 the definition is stored, but no run can start; one that is queued
	// waits until that changes, and [Service.Can] says so.
	ConcurrencyLimit *int `json:"concurrency_limit,omitempty"`

	Storages       []ShareStorage    `json:"share_storages,omitempty"`
	Notify         []json.RawMessage `json:"notify_ctls,omitempty"`            // JSON objects, kept as they are: see [NotifyControl]
	RemarkRequired bool              `json:"remark_required,omitempty"`        // a start has to say why
	TicketRequired bool              `json:"enable_approval_ticket,omitempty"` // a start has to name a pre-approval ticket
}

// A ShareStorage is a volume that jobs share. Members that it does not know survive.
type ShareStorage struct {
	Name string `json:"name"`           // unique in the definition
	Path string `json:"path,omitempty"` // where jobs find it; absolute
	Rest
}

// plainStorage is a ShareStorage without its methods.
type plainStorage ShareStorage

// MarshalJSON writes the storage with everything that it was read with.
func (s ShareStorage) MarshalJSON() ([]byte, error) { return encodeOpen(plainStorage(s)) }

// UnmarshalJSON reads what [ShareStorage.MarshalJSON] writes.
func (s *ShareStorage) UnmarshalJSON(text []byte) error {
	var p plainStorage
	if err := decodeOpen(text, &p); err != nil {
		return err
	}
	*s = ShareStorage(p)
	return nil
}

// DisplayName returns the name for people: Name, or else Key.
func (d *Definition) DisplayName() string {
	if d.Name != "" {
		return d.Name
	}
	return d.Key
}

// Limit returns how many runs there can be at once, and false if there is no limit.
func (d *Definition) Limit() (n int, limited bool) {
	if d.ConcurrencyLimit == nil || *d.ConcurrencyLimit < 0 {
		return 0, false
	}
	return *d.ConcurrencyLimit, true
}

// Job returns the job with that name and the index of its stage, or nil. The
// job is the definition's own.
func (d *Definition) Job(name string) (job *Job, stage int) {
	for i := range d.Stages {
		for j := range d.Stages[i].Jobs {
			if d.Stages[i].Jobs[j].Name == name {
				return &d.Stages[i].Jobs[j], i
			}
		}
	}
	return nil, 0
}

// Param returns the parameter with that name, or nil. It is the definition's own.
func (d *Definition) Param(name string) *Param {
	for i := range d.Params {
		if d.Params[i].Name == name {
			return &d.Params[i]
		}
	}
	return nil
}
