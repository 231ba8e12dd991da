package workflow

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// countedStore counts the reads of definitions.
type countedStore struct {
	store.Store
	mu    sync.Mutex
	reads int
}

func (c *countedStore) Get(ctx context.Context, keys ...store.Key) ([]store.Record, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if keys[0].Kind == kindDefinition {
		c.reads++
	}
	return c.Store.Get(ctx, keys...)
}

func TestRunsGetDefinitionsWithTheirSecrets(t *testing.T) {
	counted := &countedStore{Store: memory.New()}
	s, err := New(Config{Store: counted})
	if err != nil {
		t.Fatal(err)
	}
	by := penstock.Actor{ID: "anna"}
	d := Definition{Project: "shop", Key: "vault", Params: []Param{{Name: "p", Type: SecretParam, Value: "hush"}},
		Stages: []Stage{{Name: "s", Jobs: []Job{{Name: "j", Type: "freestyle", Spec: json.RawMessage(
			`{"script":"<&>","properties":{"envs":[{"key":"K","value":"<hush>","is_credential":true}]}}`)}}}}}
	if _, err := s.Definitions().Create(t.Context(), d, by); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Definitions().Update(t.Context(), "vault", 1, func(d *Definition) error { d.Description = "new"; return nil }, by); err != nil {
		t.Fatal(err)
	}
	counted.reads = 0
	for range 2 {
		for asked, want := range map[int64]int64{0: 2, 1: 1, 2: 2} {
			got, version, err := s.definition(t.Context(), "vault", asked)
			if err != nil || version != want {
				t.Fatalf("version %d: %d, %v", asked, version, err)
			}
			if got.Params[0].Value != "hush" || strings.Join(SpecSecrets(got.Stages[0].Jobs[0].Spec), " ") != "<hush>" {
				t.Errorf("version %d: %+v", asked, got)
			}
			same := d
			if want == 2 {
				same.Description = "new"
			}
			if diff := cmp.Diff(compact(t, &same), compact(t, got)); diff != "" {
				t.Error(diff)
			}
		}
	}
	if counted.reads != 2 {
		t.Errorf("read %d times, want 2", counted.reads)
	}
	if err := s.Definitions().Delete(t.Context(), "vault", 0, by); err != nil {
		t.Fatal(err)
	}
	for asked, want := range map[int64]error{0: penstock.ErrNotFound, 1: nil, 2: nil, 3: penstock.ErrNotFound, 9: penstock.ErrNotFound} {
		if _, _, err := s.definition(t.Context(), "vault", asked); !errors.Is(err, want) {
			t.Errorf("version %d after delete: got %v, want %v", asked, err, want)
		}
	}
	for _, key := range []string{"", "x/1", "none"} {
		if _, _, err := s.definition(t.Context(), key, 1); !errors.Is(err, penstock.ErrNotFound) {
			t.Errorf("%q: %v", key, err)
		}
	}
}

func compact(t *testing.T, d *Definition) any {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var v any
	if err := json.Unmarshal(text, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func FuzzReplaceSecrets(f *testing.F) {
	for _, seed := range []string{`{"is_credential":true,"value":"a"}`, `[{"value":["a",{"b":"c"}],"type":"secret"}]`, `{"value":"\u0041\"","is_credential":true}`,
		`{"oauth_token" : "x" , "value":"y"}`, `"a"`, `[1e999]`, `{"is_credential":true,"value":{"value":"x","is_credential":true}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		if !json.Valid([]byte(doc)) {
			return
		}
		n := 0
		masked, err := replaceSecrets([]byte(doc), func(string, string) string { n++; return "***" })
		if errors.Is(err, penstock.ErrInvalid) { // too deep
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(masked) {
			t.Fatalf("%s became %s", doc, masked)
		}
		for _, secret := range SpecSecrets(masked) {
			if secret != "***" {
				t.Fatalf("%q is left in %s", secret, masked)
			}
		}
		if n == 0 && string(masked) != doc {
			t.Fatalf("%s became %s without a secret", doc, masked)
		}
	})
}
