package zadig

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/penstock-go/penstock/workflow"
)

// leaves collects the values that differ in two trees.
func leaves(out *[]diffChange, path string, before, after any) error {
	if reflect.DeepEqual(before, after) {
		return nil
	}
	a, aMap := before.(map[string]any)
	b, bMap := after.(map[string]any)
	if aMap && (bMap || after == nil) || bMap && before == nil {
		names := slices.Sorted(maps.Keys(a))
		for name := range b {
			if _, ok := a[name]; !ok {
				names = append(names, name)
			}
		}
		slices.Sort(names)
		for _, name := range names {
			if err := leaves(out, strings.TrimPrefix(path+"."+name, "."), a[name], b[name]); err != nil {
				return err
			}
		}
		return nil
	}
	x, xList := before.([]any)
	y, yList := after.([]any)
	if xList && yList {
		for i := range max(len(x), len(y)) {
			if err := leaves(out, fmt.Sprintf("%s[%d]", path, i), at(x, i), at(y, i)); err != nil {
				return err
			}
		}
		return nil
	}
	return leaf(out, path, before, after)
}

func at(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

const largeText = 200 // bytes

func leaf(out *[]diffChange, path string, before, after any) error {
	c := diffChange{Type: "updated", Path: path, Label: path[strings.LastIndexByte(path, '.')+1:]}
	switch {
	case before == nil:
		c.Type = "added"
	case after == nil:
		c.Type = "removed"
	}
	var err error
	if c.Before, err = json.Marshal(before); err != nil {
		return err
	}
	if c.After, err = json.Marshal(after); err != nil {
		return err
	}
	c.LargeText = len(c.Before) > largeText || len(c.After) > largeText
	c.Masked = before == workflow.Masked || after == workflow.Masked
	*out = append(*out, c)
	return nil
}
