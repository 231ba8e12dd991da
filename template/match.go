package template

// match finds for each element of a the one of b that it became, or -1: the one of
// the same id; else one of the same name, in order; else an equal one; else, of
// elements without a name, the next.
func match(a, b []any) []int {
	to, taken := make([]int, len(a)), make([]bool, len(b))
	for i := range to {
		to[i] = -1
	}
	round := func(key func(any) string) {
		places := make(map[string][]int, len(b))
		for j := range b {
			if k := key(b[j]); k != "" && !taken[j] {
				places[k] = append(places[k], j)
			}
		}
		for i := range a {
			if to[i] >= 0 {
				continue
			}
			k := key(a[i])
			if all := places[k]; k != "" && len(all) > 0 {
				to[i], taken[all[0]] = all[0], true
				places[k] = all[1:]
			}
		}
	}
	whole := func(x any) string {
		raw, _ := plainJSON(x) // it came from JSON
		return string(raw)
	}
	round(func(x any) string {
		m, _ := x.(map[string]any)
		id, _ := m["id"].(string)
		return id
	})
	round(func(x any) string { // first those that did not change: several can have one name
		if name := nameOf(x); name != "" {
			return whole(x)
		}
		return ""
	})
	round(nameOf)
	round(whole)
	round(func(x any) string {
		if nameOf(x) == "" {
			return "unnamed"
		}
		return ""
	})
	return to
}
