package workflow

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
)

// A sealedDefinition is a definition whose secrets stand apart. Where one was
// there is its mask: "***" and an id, so that it can be moved with its place.
type sealedDefinition struct {
	text    []byte            // JSON, with masks
	secrets map[string]string // by mask
	plain   *Definition
}

// seal takes the secrets out of a definition. A mask stands for its secret among
// known ones; one that is not known is a fault. A value that is known gets the
// mask that it had.
func seal(d *Definition, knownSecrets map[string]string, newID func() string) (*sealedDefinition, error) {
	text, err := json.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("encode workflow %s: %w", short(d.Key), err)
	}
	masks := make(map[string]string, len(knownSecrets))
	for mask, value := range knownSecrets {
		masks[value] = mask
	}
	s := &sealedDefinition{secrets: make(map[string]string)}
	var c Checker
	s.text, err = replaceSecrets(text, func(path, value string) string {
		secret, masked := knownSecrets[value]
		switch {
		case masked:
		case strings.HasPrefix(value, Masked):
			c.Fault(path, "is the mask of no value that is stored")
			return value
		default:
			secret = value
		}
		mask, known := masks[secret]
		if !known {
			mask = Masked + newID()
			masks[secret] = mask
		}
		s.secrets[mask] = secret
		return mask
	})
	if err == nil && len(knownSecrets) > 0 {
		err = checkMasks(&c, s.text, knownSecrets)
	}
	if err == nil {
		err = c.Faults()
	}
	if err != nil {
		return nil, err
	}
	s.plain, err = unseal(s.text, s.secrets)
	return s, err
}

// unseal returns the definition with its secrets.
func unseal(text []byte, secrets map[string]string) (*Definition, error) {
	if len(secrets) > 0 {
		var err error
		if text, err = replaceSecrets(text, func(_, mask string) string {
			if secret, ok := secrets[mask]; ok {
				return secret
			}
			return mask
		}); err != nil {
			return nil, err
		}
	}
	d := new(Definition)
	if err := json.Unmarshal(text, d); err != nil {
		return nil, fmt.Errorf("decode a definition: %w", err)
	}
	return d, nil
}

// replaceSecrets returns JSON with other strings in the places that [SpecSecrets]
// tells of; empty ones are left alone.
func replaceSecrets(doc []byte, change func(path, text string) string) ([]byte, error) {
	w := secretWalk{doc: doc, tokens: json.NewDecoder(bytes.NewReader(doc))}
	w.tokens.UseNumber() // of any size
	if _, err := w.value(""); err != nil {
		return nil, fmt.Errorf("look for secrets: %w", err)
	}
	slices.SortFunc(w.found, func(a, b jsonText) int { return a.start - b.start })
	var out []byte
	copied := 0
	for _, t := range w.found {
		if text := unquote(doc[t.start:t.end]); text != "" && t.start >= copied {
			out = appendQuoted(append(out, doc[copied:t.start]...), change(t.path, text))
			copied = t.end
		}
	}
	return append(out, doc[copied:]...), nil
}

// A jsonText is a string in a JSON text, with its quotes.
type jsonText struct {
	path       string
	start, end int
}

// maxSecretDepth leaves room for a spec that is as deep as one can be.
const maxSecretDepth = 2 * maxJSONDepth

// A secretWalk finds the strings that are secrets.
type secretWalk struct {
	doc    []byte
	tokens *json.Decoder
	found  []jsonText
	visit  func(jsonText) // each string, secret or not; may be nil
	depth  int
}

// value reads a value and returns the strings that it is or lists.
func (w *secretWalk) value(path string) ([]jsonText, error) {
	before := w.tokens.InputOffset()
	token, err := w.tokens.Token()
	if err != nil {
		return nil, err
	}
	w.depth++
	defer func() { w.depth-- }()
	switch t := token.(type) {
	case string:
		text := jsonText{path, int(before) + bytes.IndexByte(w.doc[before:], '"'), int(w.tokens.InputOffset())}
		if w.visit != nil {
			w.visit(text)
		}
		return []jsonText{text}, nil
	case json.Delim:
		if w.depth > maxSecretDepth {
			return nil, penstock.Invalid("", "is nested more than %d deep", maxSecretDepth)
		}
		if t == '{' {
			return nil, w.object(path)
		}
		return w.list(path)
	default:
		return nil, nil
	}
}

func (w *secretWalk) list(path string) (texts []jsonText, err error) {
	for i := 0; w.tokens.More(); i++ {
		more, err := w.value(path + "[" + decimal(i) + "]")
		if err != nil {
			return nil, err
		}
		texts = append(texts, more...)
	}
	_, err = w.tokens.Token()
	return texts, err
}

func (w *secretWalk) object(path string) error {
	secret := false
	var values []jsonText
	for w.tokens.More() {
		token, err := w.tokens.Token()
		if err != nil {
			return err
		}
		member, _ := token.(string) // nothing else can be there
		at, begin := joinPath(path, member), w.tokens.InputOffset()
		texts, err := w.value(at)
		if err != nil {
			return err
		}
		switch foldedName(member) {
		case "oauth_token":
			w.found = append(w.found, texts...)
		case "value", "default", "choice_value":
			values = append(values, texts...)
		case "is_credential":
			raw := bytes.TrimLeft(w.doc[begin:w.tokens.InputOffset()], ": \t\r\n")
			secret = secret || string(raw) == "true"
		case "type":
			secret = secret || len(texts) == 1 && unquote(w.doc[texts[0].start:texts[0].end]) == string(SecretParam)
		}
	}
	if secret {
		w.found = append(w.found, values...)
	}
	_, err := w.tokens.Token()
	return err
}

func joinPath(path, member string) string {
	if path == "" {
		return short(member)
	}
	return path + "." + short(member)
}
