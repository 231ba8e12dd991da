// Package template keeps reusable plan content: what a team releases the same way
// every time, with parameters for what differs.
//
// A [Template] is a [releaseplan.Content] with [Parameter] declarations.
// [Template.Instantiate] makes the content of one plan of it: parameters are filled
// in, times move to the given start, and everything gets its own ids. Instantiate
// is a pure function. The plan is a copy: no later change of the template reaches it.
//
//	t := template.Template{
//		Name:       "Standard service",
//		Parameters: []template.Parameter{{Name: "service", Type: template.String, Required: true}},
//		Content:    releaseplan.Content{Name: "Release {{service}}", Phases: phases},
//	}
//	content, err := t.Instantiate(template.Arguments{Params: template.Params{"service": "shop"}})
//	plan, err := plans.Create(ctx, content, ann)
//
// # Placeholders
//
// Any text of the content may hold {{name}}: names, descriptions, specs at any
// depth, labels, parameters of strategies. A text of a spec that is "{{name}}"
// and nothing else becomes the value with its type: a number, a boolean, an
// object for a party. Inside a longer text stands the value's text; that of a party
// is its label, that of a duration is ISO 8601. Values are data: what looks like a
// placeholder in one stays as it is. {{!name}} is written as {{name}}.
//
// A name that is no parameter is a fault when the template is saved. What is not exactly an
// identifier between the braces, such as {{.workflow.params.x}} or {{ x }}, is
// left alone. So is what stands in the key of an object or a map. In the values of variables {{ and }} are the plan's own
// literal braces: there only the names of parameters count, and the braces of a
// value are doubled, so that it does not refer to another variable.
//
// {{featureName}} in the groupId of a milestone's strategy is the feature of the
// plan's target; anywhere else it is a fault. A flexibleRollout without a groupId gets it too.
//
// # Bindings
//
// A number, a switch, a duration or a party cannot hold a text. A [Binding] names
// such a field by its path, milestones[0].after, and the parameter whose value is
// set there. Whether a variable is secret, numbers and the origin cannot be bound.
//
// # Times
//
// The times of the content are relative to [Template.Anchor]: the start that is
// given to Instantiate lies there, and everything else as far from it as in the
// template. A time that a parameter gives is not moved.
//
// # Secrets
//
// A template keeps no secret: a secret variable is without a value or takes that
// of a parameter. Such a parameter is a String without a default and goes nowhere else.
//
// # Empty values
//
// A parameter that has no value leaves an empty text, or a null in a spec. The percentage of a
// strategy cannot be empty: that would mean everybody.
//
// # What is stored
//
// A [Service] keeps templates in a store: names are unique among all of them, every
// effective update makes a version, and [Diff] tells what two versions differ in.
package template
