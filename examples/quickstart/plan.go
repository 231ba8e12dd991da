package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/examples/internal/console"
	"github.com/penstock-go/penstock/releaseplan"
)

// maxFile bounds a plan file, in bytes.
const maxFile = 256 << 10

// lead is how far from now a plan is meant to start that does not say when. Who
// is ready earlier starts earlier, and all its times move along.
const lead = time.Minute

// A fault is one thing that is wrong with a plan file.
type fault struct {
	line, column int
	path, why    string
}

// A fileError tells every fault of a plan file, in the order of its lines.
type fileError struct {
	name   string
	faults []fault
}

func (e *fileError) Error() string {
	lines := make([]string, len(e.faults))
	for i, f := range e.faults {
		lines[i] = fmt.Sprintf("%s:%d:%d: ", e.name, f.line, f.column)
		if f.path != "" {
			lines[i] += console.Printable(f.path) + ": "
		}
		lines[i] += console.Printable(f.why)
	}
	return strings.Join(lines, "\n")
}

// readFile returns a plan file, at most maxFile bytes of it.
func readFile(name string) ([]byte, error) {
	if info, err := os.Stat(name); err != nil {
		return nil, err
	} else if info.Size() > maxFile || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s: must be a file of at most %d bytes", name, maxFile)
	}
	return os.ReadFile(name)
}

// readPlan makes content of a plan file. If the file is not fit to run, the error
// is a *fileError with every fault. Secret variables without a value take it from
// the environment.
func readPlan(name string, doc []byte, getenv func(string) string, now time.Time) (releaseplan.Content, error) {
	var c releaseplan.Content
	file, err := parser.ParseBytes(doc, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return c, &fileError{name, []fault{syntaxFault(err)}}
	}
	d := decoder{places: make(map[string]*token.Position), specs: make(map[string]ast.Node)}
	switch {
	case len(file.Docs) == 0 || file.Docs[0].Body == nil:
		return c, &fileError{name, []fault{{1, 1, "", "there is no plan in it"}}}
	case len(file.Docs) > 1:
		d.fault(placeOf(file.Docs[1].Body), "", "there is more than one document in it")
	}
	d.decode(file.Docs[0].Body, reflect.ValueOf(&c).Elem(), "")
	for i, v := range c.Variables {
		path := fmt.Sprintf("variables[%d]", i)
		if name := "variables." + v.Name; d.places[name] == nil {
			d.places[name] = d.place(path + ".value")
		}
		if v.Secret && v.Value == "" {
			c.Variables[i].Value = getenv(v.Name)
		}
	}
	if c.Planned != nil && c.Planned.Start.IsZero() {
		c.Planned.Start = now.Add(lead)
	}
	d.runnable(&c)
	d.invalid(c.Validate())
	d.invalid(d.lint(c.Variables, now))
	if len(d.faults) == 0 {
		return c, nil
	}
	slices.SortStableFunc(d.faults, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	return c, &fileError{name, d.faults}
}

// lint finds variables that cannot be filled in. What else is wrong with the file,
// and with other variables, does not hide it.
func (d *decoder) lint(variables []releaseplan.Variable, now time.Time) error {
	bad := make(map[string]bool, len(d.faults))
	for _, f := range d.faults {
		bad[f.path] = true
	}
	part := releaseplan.Content{Name: "lint"}
	for i, v := range variables {
		path := fmt.Sprintf("variables[%d]", i)
		if bad[path] || bad[path+".name"] {
			continue
		}
		if bad[path+".value"] {
			v.Value = ""
		}
		part.Variables = append(part.Variables, v)
	}
	p, _, err := releaseplan.NewPlan(releaseplan.Identity{ID: "lint"}, part, penstock.Actor{ID: "lint"}, now)
	if err != nil {
		return err
	}
	return p.Lint()
}

// runnable finds what this program in particular cannot run.
func (d *decoder) runnable(c *releaseplan.Content) {
	for i := range c.Phases {
		for j := range c.Phases[i].Tasks {
			t, path := &c.Phases[i].Tasks[j], fmt.Sprintf("phases[%d].tasks[%d]", i, j)
			switch t.Kind {
			case "", releaseplan.Manual, releaseplan.Wait:
			case shellKind:
				d.shell(path)
			default:
				d.fault(d.place(path+".kind"), path+".kind", "%q is not manual, wait or shell", t.Kind)
			}
		}
	}
	if c.Approval == nil {
		return
	}
	if k := c.Approval.Kind; c.Approval.Required() && k != approval.Native {
		d.fault(d.place("approval.kind"), "approval.kind", "%q is not native: nobody here asks another system", k)
	}
	for i, n := range c.Approval.Nodes {
		for j, who := range n.Approvers {
			if who.Type == penstock.Group {
				path := fmt.Sprintf("approval.nodes[%d].approvers[%d]", i, j)
				d.fault(d.place(path), path, "the members of the group %q are not known here; name users", who.Label())
			}
		}
	}
}

// shell checks the spec of a shell task, which the library only passes on.
func (d *decoder) shell(task string) {
	var s shellSpec
	path := task + ".spec"
	n, ok := d.specs[path]
	if !ok {
		d.fault(d.place(path), path, "must be set: run says what to do")
		return
	}
	before := len(d.faults)
	d.object(n, fieldsOf(reflect.ValueOf(&s).Elem(), path), path)
	if len(d.faults) > before {
		return
	}
	if strings.TrimSpace(s.Run) == "" {
		d.fault(d.place(path+".run"), path+".run", "must not be empty")
	}
	if s.Dir != "" && !filepath.IsLocal(s.Dir) {
		d.fault(d.place(path+".dir"), path+".dir", "must lie in the directory of the run")
	}
}

// invalid adds the faults of content that was read, but for those that follow
// from what could not be read.
func (d *decoder) invalid(err error) {
	unread := len(d.faults)
	for _, f := range penstock.Faults(err) {
		known := slices.ContainsFunc(d.faults[:unread], func(k fault) bool {
			return k.path != "" && (f.Field == k.path || strings.HasPrefix(f.Field, k.path+".") || strings.HasPrefix(f.Field, k.path+"["))
		})
		if !known {
			d.fault(d.place(f.Field), f.Field, "%s", f.Why)
		}
	}
}

// place returns where the value at a path is, or else where what it would be in is.
func (d *decoder) place(path string) *token.Position {
	for {
		if at, ok := d.places[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
		if path == "" {
			return &token.Position{Line: 1, Column: 1}
		}
	}
}

func syntaxFault(err error) fault {
	var syntax yaml.Error
	if errors.As(err, &syntax) && syntax.GetToken() != nil {
		at := syntax.GetToken().Position
		return fault{at.Line, at.Column, "", syntax.GetMessage()}
	}
	return fault{1, 1, "", err.Error()}
}
