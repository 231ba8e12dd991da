package releaseplan

import (
	"fmt"
	"iter"

	"github.com/penstock-go/penstock"
)

// maxThen bounds the commands that follow another in one commit.
const maxThen = 16

// script checks what follows a command.
func (v *validator) script(c *Command) {
	if len(c.Then) == 0 {
		return
	}
	if len(c.Then) > maxThen {
		v.fault("then", "%d commands are too many: at most %d", len(c.Then), maxThen)
		return
	}
	if c.Action == Delete {
		v.fault("then", "nothing follows a delete")
	}
	for i := range c.Then {
		next, path := &c.Then[i], fmt.Sprintf("then[%d]", i)
		switch {
		case next.Action == Delete:
			v.fault(path+".action", "a delete follows nothing")
		case next.Key != "" || next.IfVersion != 0 || len(next.Then) > 0:
			v.fault(path, "must have no key, if_version or then: the first command has them for all")
		default:
			for _, f := range penstock.Faults(next.check()) {
				v.fault(path+"."+f.Field, "%s", f.Why)
			}
		}
	}
}

// all yields the command, and then those that follow it.
func (c *Command) all() iter.Seq[Command] {
	return func(yield func(Command) bool) {
		first := *c
		first.Then = nil
		if !yield(first) {
			return
		}
		for _, next := range c.Then {
			if !yield(next) {
				return
			}
		}
	}
}

// edits reports whether one of the commands is an edit, which is not decided again on
// what others left.
func (c *Command) edits() bool {
	for each := range c.all() {
		if each.Action == Edit {
			return true
		}
	}
	return false
}
