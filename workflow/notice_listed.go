package workflow

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store/outbox"
)

// A NotifyStatus is one of the notify_ctls of a definition where it is, with what
// keeps it from arriving. It shows neither address nor token.
type NotifyStatus struct {
	Path    string       `json:"path"`          // in the definition
	Job     string       `json:"job,omitempty"` // that has it; empty: the definition
	Enabled bool         `json:"enabled"`
	Kind    NotifyKind   `json:"webhook_type"`
	Types   []NotifyType `json:"notify_type"`
	Users   People       `json:"target_users,omitempty"`

	// Invalid are the Users that are unknown or inactive: they hear of nothing.
	Invalid People `json:"invalid_recipients,omitempty"`
}

// Notifications returns the notify_ctls of the latest version of a definition and of its
// jobs, with what the Directory says of their users now. It takes the right to read the
// workflow. An error of the Directory other than an ErrNotFound is returned.
func (s *Service) Notifications(ctx context.Context, key string, by penstock.Actor) ([]NotifyStatus, error) {
	d, _, err := s.definition(ctx, key, 0)
	if err != nil {
		return nil, err
	}
	if err := s.authorizer.Ask(ctx, by, penstock.Read, resourceOf(d)); err != nil {
		return nil, err
	}
	var all []NotifyStatus
	var named []penstock.Party
	for c := range d.controls() {
		n, err := ParseNotifyControl(c.text)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.path, err)
		}
		status := NotifyStatus{Path: c.path, Enabled: n.Enabled, Kind: n.Kind, Types: n.Types, Users: n.Users}
		if c.job != nil {
			status.Job = c.job.Name
		}
		all, named = append(all, status), append(named, n.Users...)
	}
	_, invalid, err := outbox.Recipients(ctx, directoryWithStarter{s.directory}, named)
	if err != nil {
		return nil, err
	}
	bad := make(map[penstock.Party]bool, len(invalid))
	for _, p := range invalid {
		bad[p] = true
	}
	for i := range all {
		for _, p := range all[i].Users {
			if bad[p] {
				all[i].Invalid = append(all[i].Invalid, p)
			}
		}
	}
	return all, nil
}

// directoryWithStarter knows the [Starter], too.
type directoryWithStarter struct{ penstock.Directory }

// Party implements [penstock.Directory].
func (d directoryWithStarter) Party(ctx context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	if p.Type == Starter {
		return penstock.PartyInfo{Party: p, Active: true}, nil
	}
	return d.Directory.Party(ctx, p)
}
