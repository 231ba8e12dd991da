package template

import (
	"fmt"

	"github.com/penstock-go/penstock"
)

// identify gives ids to the milestones of a template that is about to be stored,
// to their strategies and to its safeguards. One without an id that bears the
// name of one that is stored gets its id, so that a template that comes back
// without ids is the same. A new id that cannot be one, or is there already, is an error.
func identify(t, stored *Template, newID func() string) (err error) {
	if stored == nil {
		stored = &Template{}
	}
	taken := make(map[string]bool)
	for _, m := range t.Content.Milestones {
		taken[m.ID] = true
		for _, s := range m.Strategies {
			taken[s.ID] = true
		}
	}
	for _, g := range t.Content.Safeguards {
		taken[g.ID] = true
	}
	give := func(id *string, was string) {
		if *id == "" && was != "" && !taken[was] {
			*id = was
		}
		if *id == "" {
			*id = newID()
			switch {
			case !isID(*id):
				err = notAnID(*id)
			case taken[*id]:
				err = fmt.Errorf("id %s is given twice: %w", *id, penstock.ErrExists)
			}
		}
		taken[*id] = true
	}
	for i := range t.Content.Milestones {
		m := &t.Content.Milestones[i]
		for _, old := range stored.Content.Milestones {
			if old.ID != m.ID && (m.ID != "" || old.Name != m.Name) {
				continue
			}
			give(&m.ID, old.ID)
			for j := range min(len(m.Strategies), len(old.Strategies)) {
				if m.Strategies[j].Name == old.Strategies[j].Name {
					give(&m.Strategies[j].ID, old.Strategies[j].ID)
				}
			}
			break
		}
		give(&m.ID, "")
		for j := range m.Strategies {
			give(&m.Strategies[j].ID, "")
		}
	}
	for i := range t.Content.Safeguards {
		g, was := &t.Content.Safeguards[i], ""
		for _, old := range stored.Content.Safeguards {
			if old.Name == g.Name {
				was = old.ID
			}
		}
		give(&g.ID, was)
	}
	return err
}

// notAnID says so of what a Config.NewID returned.
func notAnID(id string) error {
	return fmt.Errorf("the new id %q is not 1 to 64 letters, digits, - or _", clip(id))
}
