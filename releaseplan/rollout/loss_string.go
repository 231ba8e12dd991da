package rollout

import (
	"fmt"
	"slices"
	"strings"
)

// String returns who loses the feature and why, then how it is decided before
// and after, in lines. It holds values of the strategies.
func (l *Loss) String() string {
	var who []string
	for _, name := range l.Example.fields() {
		who = append(who, fmt.Sprintf("%s %q", name, clip(l.Example.get(name))))
	}
	if l.Host != "" {
		who = append(who, fmt.Sprintf("host %q", clip(l.Host)))
	}
	if len(who) == 0 {
		who = append(who, "an empty context")
	}
	loses := "loses the feature"
	if l.Before.drawn() || l.After.drawn() {
		loses = "is less likely to have the feature"
	}
	text := fmt.Sprintf("%s %s: %s", strings.Join(who, ", "), loses, l.Why)
	if l.Before != nil {
		text += "\nbefore: " + l.Before.String()
	}
	if l.After != nil {
		text += "\nafter: " + l.After.String()
	}
	return text
}

// drawn reports whether a draw decided about a strategy.
func (x *Explanation) drawn() bool {
	return x != nil && slices.ContainsFunc(x.Strategies, func(v Verdict) bool {
		return v.Drawn != nil && v.Drawn.ID == "" && v.Drawn.Number > 0 && v.Drawn.UpTo < 100
	})
}
