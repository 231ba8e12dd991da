package workflow

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"
)

// graphSecrets are the credentials in the specs of a run's jobs, as they are written.
type graphSecrets struct {
	plain  []string
	varied []string // hold variables

	mu     sync.Mutex
	known  []string // of the masker: those of the run that asked last
	masker *Masker
}

// find notes the secrets of specs.
func (s *graphSecrets) find(nodes []node) {
	for i := range nodes {
		for _, text := range specSecrets(nodes[i].spec) {
			if strings.Contains(text, braces) {
				s.varied = append(s.varied, text)
			} else {
				s.plain = append(s.plain, text)
			}
		}
	}
}

// maskerOf returns the Masker of secrets; runs that are alike share it.
func (s *graphSecrets) maskerOf(secrets []string) *Masker {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.masker == nil || !slices.Equal(s.known, secrets) {
		s.known, s.masker = secrets, NewMasker(secrets...)
	}
	return s.masker
}

// secrets returns what nobody is shown of the run, sorted: the values of its secret
// parameters, the credentials in the specs of all its jobs, and what the host calls
// parameter.GROUP.KEY, but for what is public of it.
func (r *Run) secrets() []string {
	known := &r.graph.secrets
	all, varied := slices.Clone(known.plain), slices.Clip(known.varied)
	for i := range r.params {
		if p := &r.params[i]; p.IsSecret() {
			if text := p.Text(); p.Source == FromReference && strings.Contains(text, braces) {
				varied = append(varied, text)
			} else {
				all = append(all, text)
			}
		}
	}
	for name, value := range r.start.Host {
		if !slices.Contains(r.start.Public, name) {
			all = append(all, value)
		}
	}
	if len(varied) > 0 {
		scope := r.variables()
		for _, text := range varied {
			if filled, err := Expand(text, scope); err == nil { // what is not known yet was shown nowhere
				all = append(all, filled)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(slices.DeleteFunc(all, func(text string) bool { return text == "" }))
}

// masker returns what masks the secrets of the run; nil, which masks nothing, if it
// has none.
func (r *Run) masker() *Masker { return r.maskerWith(nil) }

// maskerWith is masker that knows more secrets, as those of a spec that was filled in.
func (r *Run) maskerWith(more []string) *Masker {
	secrets := r.secrets()
	if slices.ContainsFunc(more, func(s string) bool { return !slices.Contains(secrets, s) }) {
		return NewMasker(slices.Concat(secrets, more)...)
	}
	if len(secrets) == 0 {
		return nil
	}
	return r.graph.secrets.maskerOf(secrets)
}

// hide masks the secrets of the run in a change that is about to be recorded: what people and
// engines say of it is shown to whoever may read it.
func (r *Run) hide(c *Change) {
	if c.Remark == "" && c.Outputs == nil && (c.Status == nil || c.Status.Error == "") {
		return
	}
	m := r.masker()
	if m.empty() {
		return
	}
	c.Remark, c.Outputs = m.Mask(c.Remark), masked(m, c.Outputs)
	if c.Status != nil {
		c.Status.Error = m.Mask(c.Status.Error)
	}
}

// specSecrets is SpecSecrets that spares specs without any the decoding.
func specSecrets(spec json.RawMessage) []string {
	text := foldedName(string(spec))
	for _, word := range []string{`is_credential`, `oauth_token`, `"secret"`, `\u`} {
		if strings.Contains(text, word) {
			return SpecSecrets(spec)
		}
	}
	return nil
}

// foldedName returns the name of a member in the letters in which names are compared: what
// reads it into a struct takes any case.
func foldedName(name string) string {
	return strings.ToLower(strings.ReplaceAll(name, "ſ", "s"))
}

// maskJSON returns JSON without secrets: as strings, or else not at all.
func maskJSON(m *Masker, doc json.RawMessage) json.RawMessage {
	if m.empty() || len(doc) == 0 || m.Mask(string(doc)) == string(doc) {
		return doc
	}
	var out []byte
	copied := 0
	err := walkJSON(doc, func(_ jsonPath, start, end int) {
		text := unquote(doc[start:end])
		if shown := m.Mask(text); shown != text {
			out = appendQuoted(append(out, doc[copied:start]...), shown)
			copied = end
		}
	})
	if out = append(out, doc[copied:]...); err != nil || m.Mask(string(out)) != string(out) {
		return json.RawMessage(`"` + Masked + `"`)
	}
	return out
}
