package rollout

import (
	"fmt"
	"strconv"
	"strings"
)

// String returns the explanation in lines: the result first, then each strategy
// that was asked.
func (x *Explanation) String() string {
	var b strings.Builder
	result := "off"
	if x.Enabled {
		result = "on"
	}
	fmt.Fprintf(&b, "%s is %s: %s", x.Feature, result, x.why())
	for i := range x.Strategies {
		fmt.Fprintf(&b, "\n  %s", x.Strategies[i])
	}
	if x.Variant.Enabled {
		fmt.Fprintf(&b, "\n  variant %s of the %s", x.Variant.Name, x.VariantOf)
		if x.Drawn == nil {
			b.WriteString(": by an override")
		} else {
			fmt.Fprintf(&b, ": %s", x.Drawn)
		}
	}
	return b.String()
}

func (x *Explanation) why() string {
	switch x.Reason {
	case Unknown:
		return "nobody defined it"
	case SwitchedOff:
		return "it is disabled"
	case ByParent:
		return fmt.Sprintf("it depends on %s, which %s", x.Parent, x.ParentWhy)
	case NoStrategies:
		return "it has no strategies"
	case ByStrategy:
		if n := len(x.Strategies); n > 0 {
			return fmt.Sprintf("strategy %d matched", x.Strategies[n-1].Index)
		}
		return "a strategy matched"
	default:
		return "no strategy matched"
	}
}

// String returns what decided the strategy.
func (v Verdict) String() string {
	head := fmt.Sprintf("strategy %d (%s): ", v.Index, v.Name)
	if v.Matched {
		head += "yes, "
	} else {
		head += "no, "
	}
	n := len(v.Checks)
	switch {
	case n > 0 && !v.Checks[n-1].Holds:
		return head + v.Checks[n-1].String()
	case v.Custom && v.Matched:
		return head + "its rule accepted"
	case v.Custom:
		return head + "its rule declined"
	case v.Drawn != nil && v.Drawn.Number > v.Drawn.UpTo:
		return fmt.Sprintf("%s%s, above %d", head, *v.Drawn, v.Drawn.UpTo)
	case v.Drawn != nil:
		return head + v.Drawn.String()
	case n > 0:
		return head + v.Checks[n-1].String()
	default:
		return head + "for everyone"
	}
}

// String returns the check as a sentence.
func (c Check) String() string {
	constraint := strings.HasSuffix(c.Of, "]")
	switch {
	case c.Of == "name":
		return "the strategy is unknown"
	case c.Of == "disabled":
		return "the strategy is disabled"
	case c.Unknown && !constraint:
		return c.Of + " is unknown"
	case c.Unknown && c.Operator == "":
		return c.Of + ": there is no operator"
	case c.Unknown:
		return fmt.Sprintf("%s: operator %q is unknown", c.Of, clip(string(c.Operator)))
	}
	var b strings.Builder
	b.WriteString(c.Of + ":")
	switch {
	case c.Field == "" && constraint:
		b.WriteString(" no field")
	case c.Field != "" && c.Value == "":
		fmt.Fprintf(&b, " %s (missing)", c.Field)
	case c.Field != "":
		fmt.Fprintf(&b, " %s %q", c.Field, c.Value)
	}
	if c.Inverted {
		b.WriteString(" not")
	}
	if constraint {
		fmt.Fprintf(&b, " %s %s", c.Operator, c.asked())
	}
	if c.Holds {
		b.WriteString(" holds")
	} else {
		b.WriteString(" does not hold")
	}
	return b.String()
}

// asked returns the values of the constraint.
func (c Check) asked() string {
	all := make([]string, 0, len(c.Asked)+1)
	for _, value := range c.Asked {
		all = append(all, strconv.Quote(value))
	}
	if c.More > 0 {
		all = append(all, fmt.Sprintf("%d more", c.More))
	}
	text := strings.Join(all, ", ")
	if c.Operator.readsValues() {
		return "[" + text + "]"
	}
	return text
}

// String returns the draw as a sentence.
func (d Draw) String() string {
	if d.Number == 0 {
		return d.Field + " is missing"
	}
	from := "drawn at random"
	if d.ID != "" {
		from = fmt.Sprintf("%s %q", d.Field, d.ID)
	}
	return fmt.Sprintf("%s falls on %d of %d", from, d.Number, d.Of)
}
