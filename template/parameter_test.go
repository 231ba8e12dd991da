package template_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/template"
)

func TestDeclarationsTellEveryFault(t *testing.T) {
	one, two, nan := 1.0, 2.0, math.NaN()
	for name, row := range map[string]struct {
		p    template.Parameter
		want []string
	}{
		"no name":             {template.Parameter{}, []string{`parameters[0].name: "" is not a letter or _ and then at most 63 letters, digits or _`}},
		"long name":           {template.Parameter{Name: strings.Repeat("a", 65)}, []string{`parameters[0].name: "` + strings.Repeat("a", 60) + `…" is not a letter or _ and then at most 63 letters, digits or _`}},
		"built in":            {template.Parameter{Name: "featureName"}, []string{"parameters[0].name: featureName is built in"}},
		"type":                {template.Parameter{Name: "a", Type: "int"}, []string{`parameters[0].type: "int" is no type`}},
		"pattern":             {template.Parameter{Name: "a", Pattern: "("}, []string{"parameters[0].pattern: is no regular expression: error parsing regexp: missing closing ): `(`"}},
		"pattern of a number": {template.Parameter{Name: "a", Type: template.Number, Pattern: "a"}, []string{"parameters[0].pattern: goes with type string only"}},
		"no choices":          {template.Parameter{Name: "a", Type: template.Choice}, []string{"parameters[0].choices: must not be empty"}},
		"choices of a text":   {template.Parameter{Name: "a", Choices: []string{"x"}}, []string{"parameters[0].choices: go with type choice only"}},
		"same choice":         {template.Parameter{Name: "a", Type: template.Choice, Choices: []string{"x", "x", ""}}, []string{`parameters[0].choices[1]: "x" is there already`, "parameters[0].choices[2]: must not be empty"}},
		"bounds of a text":    {template.Parameter{Name: "a", Min: &one}, []string{"parameters[0].min: goes with type number only"}},
		"bounds":              {template.Parameter{Name: "a", Type: template.Number, Min: &two, Max: &one}, []string{"parameters[0].max: must not be below the minimum"}},
		"no bound":            {template.Parameter{Name: "a", Type: template.Number, Min: &nan}, []string{"parameters[0].min: must be a number"}},
		"default":             {template.Parameter{Name: "a", Type: template.Bool, Default: raw(`"yes"`)}, []string{"parameters[0].default: must be true or false"}},
		"default by pattern":  {template.Parameter{Name: "a", Pattern: "a+", Default: raw(`"b"`)}, []string{"parameters[0].default: must match a+"}},
		"good":                {template.Parameter{Name: "a", Type: template.Number, Min: &one, Max: &two, Default: raw("1.5")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			tpl := with(plain("T"), func(x *template.Template) { x.Parameters = []template.Parameter{row.p} })
			same(t, "faults", faults(tpl.Validate(nil)), row.want)
		})
	}
}

func TestDeclarationsAreUnique(t *testing.T) {
	tpl := with(plain("T"), func(x *template.Template) { x.Parameters = []template.Parameter{{Name: "a"}, {Name: "a"}} })
	same(t, "faults", faults(tpl.Validate(nil)), []string{`parameters[1].name: "a" is there already`})
	tpl.Parameters = make([]template.Parameter, template.MaxParameters+1)
	same(t, "faults", faults(tpl.Validate(nil)), []string{"parameters: 101 are too many: at most 100"})
}

// TestValues: a value, and the text it makes or the fault it is.
func TestValues(t *testing.T) {
	low, high := 1.0, 10.0
	str, num := template.Parameter{}, template.Parameter{Type: template.Number, Min: &low, Max: &high}
	pick := template.Parameter{Type: template.Choice, Choices: []string{"eu", "us"}}
	duration, person := template.Parameter{Type: template.Duration}, template.Parameter{Type: template.Party}
	required := template.Parameter{Required: true}
	big := template.Parameter{Type: template.Number}
	for name, row := range map[string]struct {
		p     template.Parameter
		given any
		want  string // the text, or the fault behind !
	}{
		"text":                 {str, "a <b>", "a <b>"},
		"no text":              {str, 5, "!must be a string"},
		"text as JSON":         {str, raw(`"x"`), "x"},
		"bad UTF-8":            {str, "\xff", "!must be UTF-8"},
		"pattern":              {template.Parameter{Pattern: "a|b"}, "b", "b"},
		"pattern of the whole": {template.Parameter{Pattern: "a|b"}, "ab", "!must match a|b"},
		"large":                {str, strings.Repeat("x", template.MaxValue), "!65538 bytes are too many: at most 65536"},
		"int":                  {num, 5, "5"},
		"fraction":             {num, 2.5, "2.5"},
		"all digits":           {big, raw("12345678901234567890"), "12345678901234567890"},
		"too small":            {num, 0, "!must be at least 1"},
		"too large":            {num, raw("11"), "!must be at most 10"},
		"no number":            {num, "5", "!must be a number of at most 64 characters"},
		"infinite":             {big, raw("1e999"), "!is out of range"},
		"NaN":                  {big, math.NaN(), "!cannot be written as JSON"},
		"function":             {str, func() {}, "!cannot be written as JSON"},
		"true":                 {template.Parameter{Type: template.Bool}, true, "true"},
		"no bool":              {template.Parameter{Type: template.Bool}, 1, "!must be true or false"},
		"choice":               {pick, "us", "us"},
		"no choice":            {pick, "uk", "!must be one of the choices"},
		"ISO duration":         {duration, "PT90M", "PT1H30M"},
		"Go duration":          {duration, 90 * time.Minute, "PT1H30M"},
		"penstock duration":    {duration, penstock.Duration{Days: 1}, "P1D"},
		"negative duration":    {duration, -time.Minute, "!must not be negative"},
		"no duration":          {duration, "1h", "!must be an ISO 8601 duration such as P3D or PT1H30M"},
		"party by name":        {person, penstock.Party{ID: "1", Name: "Ann"}, "Ann"},
		"party by id":          {person, raw(`{"id":"ann"}`), "ann"},
		"nobody":               {person, raw(`{}`), "!must be an object with type, id and name"},
		"no party":             {person, raw(`{"id":"ann","role":"x"}`), "!must be an object with type, id and name"},
		"party of no type":     {person, raw(`{"id":"ann","type":"robot"}`), "!must be a user or a group"},
		"optional":             {str, nil, ""},
		"null":                 {num, raw("null"), ""},
		"required":             {required, nil, "!must be set"},
		"required and empty":   {required, "", "!must be set"},
		"default":              {template.Parameter{Required: true, Default: raw(`"d"`)}, nil, "d"},
	} {
		t.Run(name, func(t *testing.T) {
			row.p.Name = "a"
			tpl := with(plain("T"), func(x *template.Template) {
				x.Parameters = []template.Parameter{row.p}
				x.Content.Description = "[{{a}}]"
			})
			c, err := tpl.Instantiate(template.Arguments{Params: template.Params{"a": row.given}})
			if why, bad := strings.CutPrefix(row.want, "!"); bad {
				same(t, "faults", faults(err), []string{"params.a: " + why})
				same(t, "content", c, releaseplan.Content{})
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			same(t, "text", c.Description, "["+row.want+"]")
		})
	}
}

func TestParamsThatAreNotDeclared(t *testing.T) {
	tpl := plain("T")
	_, err := tpl.Instantiate(template.Arguments{Params: template.Params{"b": 1, "a c": "x"}})
	same(t, "faults", faults(err), []string{`params["a c"]: is no parameter of the template`, "params.b: is no parameter of the template"})
}
