package releaseplan

import "slices"

// Covered reports whether an approval is bound to what differs: to make such a difference takes a
// new one. It is not bound to the plan's name, description, owner, folder, labels, planned time
// and origin, to the numbers and owners of phases and tasks, to how parts are sorted elsewhere, nor to who is told of what.
func (d Difference) Covered() bool {
	path, ok := parsePath(d.Path)
	if !ok {
		return true // whatever it is
	}
	if !path[0].part() {
		return slices.Contains([]string{"approval", "start", "target", "window"}, path[0].name)
	}
	var list, member string
	for _, s := range path {
		switch {
		case s.part():
			list = s.name
		case member == "":
			member = s.name
		}
	}
	switch list {
	case "listeners":
		return false
	case "phases", "tasks":
		return member != "number" && member != "owner"
	case "milestones":
		return member != "sort_order"
	case "strategies":
		return member != "sortOrder"
	default:
		return true
	}
}

// Covered returns the differences that an approval is bound to, and the others.
func (d Delta) Covered() (covered, rest Delta) {
	for _, x := range d {
		if x.Covered() {
			covered = append(covered, x)
		} else {
			rest = append(rest, x)
		}
	}
	return covered, rest
}
