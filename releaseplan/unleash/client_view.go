package unleash

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// A viewKey says what of an environment is asked for.
type viewKey struct {
	environment string
	projects    string // sorted, as JSON; empty: all
	prefix      string
	inline      bool
}

// A view is an answer. It never changes.
type view struct {
	of   int64 // the snapshot
	body []byte
	tag  string // strong: of the body
}

// A clientAsks is what one request may see of what there is.
type clientAsks struct {
	environment string
	projects    []string // nil: of all
	prefix      string
	inline      bool // the SDK does not know segments
}

// asks returns what a client asks for, of what it is given.
func asks(by Client, project, prefix, spec string) clientAsks {
	q := clientAsks{environment: by.Environment, prefix: prefix, inline: !knowsSegments(spec)}
	if by.Projects != nil {
		q.projects = make([]string, 0, len(by.Projects))
		for _, p := range by.Projects {
			q.projects = append(q.projects, projectOf(p))
		}
	}
	switch {
	case project == "":
	case q.projects == nil || slices.Contains(q.projects, project):
		q.projects = []string{project}
	default:
		q.projects = []string{}
	}
	slices.Sort(q.projects)
	q.projects = slices.Compact(q.projects)
	return q
}

// knowsSegments reports whether an SDK that follows a version of the client specification resolves
// segments itself. One that does not would pass over them, and give features to too many.
func knowsSegments(spec string) bool {
	major, rest, _ := strings.Cut(spec, ".")
	minor, _, _ := strings.Cut(rest, ".")
	m, err := strconv.Atoi(major)
	n, wrong := strconv.Atoi(minor)
	return err == nil && wrong == nil && (m > 4 || m == 4 && n >= 2)
}

// view returns the answer to what is asked.
func (s *served) view(from *snapshot, q clientAsks) (view, error) {
	key := viewKey{environment: q.environment, prefix: q.prefix, inline: q.inline}
	if q.projects != nil {
		names, err := json.Marshal(q.projects)
		if err != nil {
			return view{}, fmt.Errorf("encode projects: %w", err)
		}
		key.projects = string(names)
	}
	if v, ok := s.views.Get(key); ok && v.of == from.number {
		return v, nil
	}
	from.writing.Lock()
	defer from.writing.Unlock()
	if v, ok := s.views.Get(key); ok && v.of == from.number { // written meanwhile
		return v, nil
	}
	body, err := encode(from.features, from.segments, q)
	if err != nil {
		return view{}, err
	}
	sum := sha256.Sum256(body)
	v := view{of: from.number, body: body, tag: `"` + base64.RawURLEncoding.EncodeToString(sum[:18]) + `"`}
	s.views.Put(key, v.of, v, int64(len(body)+len(key.projects)+len(key.prefix))+512)
	return v, nil
}

// encode writes the answer as JSON.
func encode(features []clientFeature, segments map[int]clientSegment, q clientAsks) ([]byte, error) {
	out := clientFeatures{Version: 2, Features: []clientFeature{}, Query: clientQuery{Environment: q.environment, Project: q.projects, NamePrefix: q.prefix, Inline: q.inline}}
	used := make(map[int]bool)
	for i := range features {
		if !q.sees(&features[i]) {
			continue
		}
		f := features[i]
		if q.inline {
			f = f.inlined(segments)
		}
		for _, s := range f.Strategies {
			for _, id := range s.Segments {
				used[id] = true
			}
		}
		out.Features = append(out.Features, f)
	}
	for _, id := range slices.Sorted(maps.Keys(used)) { // those of other projects are nobody's business here
		out.Segments = append(out.Segments, segments[id])
	}
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(out); err != nil {
		return nil, fmt.Errorf("encode the features of %s: %w", q.environment, err)
	}
	return slices.Clip(body.Bytes()), nil
}

// sees reports whether a feature is among what is asked for.
func (q *clientAsks) sees(f *clientFeature) bool {
	return (q.projects == nil || slices.Contains(q.projects, f.Project)) && strings.HasPrefix(f.Name, q.prefix)
}

// inlined returns the feature with the constraints of its segments among those of its strategies.
func (f clientFeature) inlined(segments map[int]clientSegment) clientFeature {
	f.Strategies = slices.Clone(f.Strategies)
	for i := range f.Strategies {
		s := &f.Strategies[i]
		for _, id := range s.Segments {
			s.Constraints = slices.Concat(s.Constraints, segments[id].Constraints)
		}
		s.Segments = nil
	}
	return f
}

// matches reports whether one of the tags of a header If-None-Match is that of an answer. What is
// in between may have made it a weak one.
func matches(header, tag string) bool {
	for one := range strings.SplitSeq(header, ",") {
		if one = strings.TrimSpace(one); one == "*" || strings.TrimPrefix(one, "W/") == tag {
			return true
		}
	}
	return false
}
