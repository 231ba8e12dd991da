package template

import (
	"slices"
	"strconv"

	"github.com/penstock-go/penstock/internal/fault"
)

// A place is where a part of a content is. It becomes a path only when it is told:
// most places never are. nil is the content itself.
type place struct {
	up    *place
	name  string // of a field
	key   bool   // name is that of a member
	index int    // of an element, if there is no name
	deep  bool   // in a document, below its own members
}

func (p *place) field(name string) *place { return &place{up: p, name: name} }
func (p *place) member(key string) *place { return &place{up: p, name: key, key: true} }
func (p *place) element(i int) *place     { return &place{up: p, index: i} }

// String returns the path, as in faults: phases[0].tasks[1].spec.image.
func (p *place) String() (path string) {
	var way []*place
	for ; p != nil; p = p.up {
		way = append(way, p)
	}
	for _, p := range slices.Backward(way) {
		switch {
		case p.key:
			path = keyed(path, p.name)
		case p.name == "":
			path += "[" + strconv.Itoa(p.index) + "]"
		default:
			path = fault.Under(path, p.name)
		}
	}
	return path
}

// holder returns the place that faults know: what is deep in a document is a part of a member of it.
func (p *place) holder() *place {
	for p.deep {
		p = p.up
	}
	return p
}

// of reports whether it is the field of an element of a list.
func (p *place) of(list, field string) bool {
	return p != nil && p.name == field && p.up != nil && p.up.up != nil && p.up.name == "" && p.up.up.name == list && !p.up.up.key
}

// isGroup reports whether it is a strategy's group.
func (p *place) isGroup() bool {
	return p.key && p.name == groupID && p.up.of("strategies", "parameters")
}

// groupID is the parameter of strategies that {{featureName}} is for.
const groupID = "groupId"
