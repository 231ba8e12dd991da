package lark_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/lark"
)

func TestConfigIsChecked(t *testing.T) {
	for rule, tt := range map[string]struct {
		edit func(*lark.Config)
		want []string
	}{
		"an app":             {func(c *lark.Config) { c.AppID, c.AppSecret = "", "" }, []string{"app_id", "app_secret"}},
		"no plain HTTP":      {func(c *lark.Config) { c.BaseURL = "http://lark.example" }, []string{"base_url"}},
		"no other scheme":    {func(c *lark.Config) { c.BaseURL = "ftp://lark.example" }, []string{"base_url"}},
		"no user in the URL": {func(c *lark.Config) { c.BaseURL = "https://a:b@lark.example" }, []string{"base_url"}},
		"no query":           {func(c *lark.Config) { c.BaseURL = "https://lark.example/?a" }, []string{"base_url"}},
		"no union ids":       {func(c *lark.Config) { c.IDType = "union_id" }, []string{"id_type"}},
		"a definition":       {func(c *lark.Config) { c.Definitions = nil }, []string{"definitions"}},
		"each once":          {func(c *lark.Config) { c.Definitions = append(c.Definitions, c.Definitions[0]) }, []string{"definitions[2].code", "definitions[2].app"}},
		"nodes":              {func(c *lark.Config) { c.Definitions[0].Nodes = nil }, []string{"definitions[0].nodes"}},
		"a key and a need":   {func(c *lark.Config) { c.Definitions[0].Nodes = []lark.Node{{Need: approval.KOf}} }, []string{"definitions[0].nodes[0].key", "definitions[0].nodes[0].need"}},
		"defaults":           {func(c *lark.Config) { c.BaseURL = "" }, nil},
		"localhost":          {func(c *lark.Config) { c.BaseURL = "http://localhost:1/" }, nil},
	} {
		t.Run(rule, func(t *testing.T) {
			cfg := config("https://lark.example")
			tt.edit(&cfg)
			_, err := lark.New(cfg)
			var got []string
			for _, f := range penstock.Faults(err) {
				got = append(got, f.Field)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
			if err != nil {
				secretless(t, err)
			}
		})
	}
}
