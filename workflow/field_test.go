package workflow_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/workflow"
)

// A leaf is a value of a document that is no object and no list.
type leaf struct {
	path  string
	value any
}

// leaves lists the leaves of a document in the order of their paths.
func leaves(path string, v any) (all []leaf) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			all = append(all, leaves(strings.TrimPrefix(path+"."+name, "."), v[name])...)
		}
	case []any:
		for i := range v {
			all = append(all, leaves(fmt.Sprintf("%s[%d]", path, i), v[i])...)
		}
	default:
		all = append(all, leaf{path, v})
	}
	return all
}

// verbatim are the parts that are kept as they are, and the ones whose only
// fault would be their size, which the size of the whole bounds.
var verbatim = regexp.MustCompile(`notify_ctls|service_modules\[\d+\]\.|variable_kvs|res_req_spec|properties\.params|app_id`)

// long are the texts of which much is welcome.
var long = regexp.MustCompile(`\.(script|sql|body)$`)

// Every member of every spec, stage, job and parameter has a value that is
// accepted, and one that is refused with the path of the member.
func TestEveryFieldIsChecked(t *testing.T) {
	valid := definition(t, "full.json")
	if err := valid.Validate(nil); err != nil {
		t.Fatalf("the definition that sets every field is refused: %v", err)
	}
	var doc any
	if err := json.Unmarshal(read(t, "full.json"), &doc); err != nil {
		t.Fatal(err)
	}
	for _, l := range leaves("", doc) {
		if verbatim.MatchString(l.path) {
			continue
		}
		var bad any
		switch _, text := l.value.(string); {
		case text && !long.MatchString(l.path):
			bad = strings.Repeat("x", 100_001)
		case text:
			bad = 7
		default:
			bad = "x"
		}
		if _, err := edited(t, l.path, bad); !blames(err, l.path) {
			t.Errorf("%s: %.20q gives %.300v", l.path, bad, err)
		}
	}
}

// blames reports whether a fault of err has the path.
func blames(err error, path string) bool {
	return slices.ContainsFunc(penstock.Faults(err), func(f *penstock.InvalidError) bool { return f.Field == path })
}

// The definition that sets every field does so: a field that is added has to be
// added there, too.
func TestTheFullDefinitionHasEveryField(t *testing.T) {
	d := definition(t, "full.json")
	set := make(map[string]bool)
	var doc any
	if err := json.Unmarshal(read(t, "full.json"), &doc); err != nil {
		t.Fatal(err)
	}
	fields(set, "definition", doc)
	missing(t, set, "definition", reflect.TypeFor[workflow.Definition]())
	for _, s := range d.Stages {
		for _, j := range s.Jobs {
			spec, err := (*workflow.Types)(nil).Decode(&j)
			if err != nil {
				t.Fatal(err)
			}
			var doc any
			if err := json.Unmarshal(j.Spec, &doc); err != nil {
				t.Fatal(err)
			}
			fields(set, j.Type, doc)
			_ = spec
		}
	}
	for _, name := range (*workflow.Types)(nil).Names() {
		spec, err := (*workflow.Types)(nil).Decode(&workflow.Job{Type: name})
		if err != nil {
			t.Fatal(err)
		}
		missing(t, set, name, reflect.TypeOf(spec))
	}
}

// shared are parts that need to be complete once, wherever they are.
var shared = map[reflect.Type]bool{
	reflect.TypeFor[workflow.Repository]():    true,
	reflect.TypeFor[workflow.KeyVal]():        true,
	reflect.TypeFor[workflow.AdvancedSpec]():  true,
	reflect.TypeFor[workflow.Build]():         true,
	reflect.TypeFor[workflow.PluginInput]():   true,
	reflect.TypeFor[workflow.DeployTarget]():  true,
	reflect.TypeFor[workflow.Test]():          true,
	reflect.TypeFor[workflow.ServiceModule](): true,
	reflect.TypeFor[workflow.ShareStorage]():  true,
}

// fields notes the paths of a document, without indexes, and those of its parts.
func fields(set map[string]bool, path string, v any) {
	set[path] = true
	switch v := v.(type) {
	case map[string]any:
		for name, inner := range v {
			fields(set, path+"."+name, inner)
			set["."+name] = true
		}
	case []any:
		for _, inner := range v {
			fields(set, path, inner)
		}
	}
}

// missing reports the members of t that are not set.
func missing(t *testing.T, set map[string]bool, path string, typ reflect.Type) {
	t.Helper()
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice {
		typ = typ.Elem()
	}
	if typ.Kind() != reflect.Struct || typ.PkgPath() != reflect.TypeFor[workflow.Definition]().PkgPath() {
		return
	}
	for _, f := range reflect.VisibleFields(typ) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.Anonymous || !f.IsExported() || name == "-" {
			continue
		}
		if at := path + "." + name; set[at] {
			missing(t, set, at, f.Type)
		} else if !shared[typ] || !set["."+name] {
			t.Errorf("testdata/full.json does not set %s", at)
		}
	}
}
