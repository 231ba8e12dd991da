package rollout

// choose chooses the values of each field that are tried on each host, within the
// bounds.
func (c *comparison) choose(hosts int) {
	all := c.hints()
	for _, f := range []*feature{c.before.feature, c.after.feature} {
		for i := range f.strategies {
			all.ask(&f.strategies[i])
		}
	}
	const fewest = 16
	limit := min(lossValues, max(fewest, lossTests/hosts/max(1, all.asked)))
	total, walk := 0, lossWalk
	for i, name := range all.names {
		h := all.of[name]
		total += h.weight
		left := len(all.names) - i
		values := &chooser{
			hint: h, limit: limit, seen: make(map[string]struct{}),
			room: min(lossBytes/len(all.names), max(fewest*fewest, lossWork/hosts/max(1, h.weight))),
			work: walk / left,
		}
		walk -= values.work
		if name == "currentTime" {
			values.from = c.from
		}
		c.names = append(c.names, name)
		c.values = append(c.values, values.all(name))
		walk += values.work
	}
	const usualLength = 64
	c.steps, c.tries = lossSteps, min(lossTries, max(fewest*fewest, lossWork/usualLength/max(1, total)))
}
