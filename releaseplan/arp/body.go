package arp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/excerpt"
	"github.com/penstock-go/penstock/internal/rest"
)

// body reads the body into v, a pointer. What has a place in v is what it says: no member is null,
// or there twice in letters of another size. An empty body leaves v as it is if optional.
func (r *request) body(v any, optional bool) error {
	text, err := r.Raw(optional)
	if err != nil || text == nil {
		return err
	}
	var faults []error
	plain(&faults, "", text)
	if len(faults) > 0 {
		return rest.Join(faults)
	}
	return rest.Decode(text, v, false)
}

// loose are members that can be null, or hold anything.
var loose = map[string]bool{"spec": true, "assignee": true}

// plain collects what is null, and members that are there twice.
func plain(faults *[]error, path string, text json.RawMessage) {
	switch text = bytes.TrimSpace(text); text[0] {
	case 'n':
		*faults = append(*faults, penstock.Invalid(path, "must not be null"))
	case '[':
		var all []json.RawMessage
		if json.Unmarshal(text, &all) == nil {
			for i, x := range all {
				plain(faults, fmt.Sprintf("%s[%d]", path, i), x)
			}
		}
	case '{':
		var members map[string]json.RawMessage
		if json.Unmarshal(text, &members) != nil {
			return
		}
		seen := make(map[string]bool)
		for _, name := range slices.Sorted(maps.Keys(members)) {
			where := strings.TrimPrefix(path+"."+excerpt.Line(name, 64), ".")
			if folded := strings.ToLower(name); seen[folded] {
				*faults = append(*faults, penstock.Invalid(where, "is there twice"))
			} else if seen[folded] = true; !loose[name] {
				plain(faults, where, members[name])
			}
		}
	}
}

// readThen finds the plan and reads the body.
func (r *request) readThen(body any, optional bool) error {
	return errors.Join(r.read(), r.body(body, optional))
}
