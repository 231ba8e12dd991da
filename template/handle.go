package template

// identify gives ids to the milestones of a template that is about to be stored,
// to their strategies and to its safeguards. One without an id that bears the
// name of one that is stored gets its id, so that a template that comes back
// without ids is the same.
func identify(t, stored *Template, newID func() string) {
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
	give := func(id *string, was string) {
		if *id == "" && was != "" && !taken[was] {
			*id = was
		}
		if *id == "" {
			*id = newID()
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
}
