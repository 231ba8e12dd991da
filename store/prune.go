package store

import "errors"

// CheckPrune returns every fault of the arguments of a Prune, or nil. It is for
// implementors.
func CheckPrune(subject Key, through int64) error {
	var c checker
	c.key("subject", subject)
	if through < 0 {
		c.add("through", "must not be negative")
	}
	return errors.Join(c.faults...)
}
