package workflow

import (
	"container/list"
	"context"
	"sync"
)

// definition returns a version of a definition with its secrets, and which one it is; 0 is the
// latest. It is shared: nobody may change it. The latest of one that is deleted is an
// ErrNotFound; versions that runs may be of are there for good.
func (s *Service) definition(ctx context.Context, key string, version int64) (*Definition, int64, error) {
	if !workflowKey.MatchString(key) {
		return nil, 0, noWorkflow(key)
	}
	if version == 0 {
		w, err := s.workflows().load(ctx, key)
		if err != nil {
			return nil, 0, err
		}
		if w.Value == nil {
			return nil, 0, noWorkflow(key)
		}
		version = w.Version
	}
	at := definitionAt{key, version}
	if d := s.definitions.get(at); d != nil {
		return d, version, nil
	}
	l, err := Definitions{s}.load(ctx, key, version)
	if err != nil {
		return nil, 0, err
	}
	d, err := unseal(l.text, l.secrets)
	if err != nil {
		return nil, 0, err
	}
	s.definitions.put(at, d, len(l.text))
	return d, version, nil
}

// A definitionAt is one version of a definition.
type definitionAt struct {
	key     string
	version int64
}

// definitionCache keeps the definitions that were used last, up to about 32 MiB. Versions
// never change. The zero one is ready to use.
type definitionCache struct {
	mu   sync.Mutex
	size int
	byAt map[definitionAt]*list.Element
	used list.List // of *cachedDefinition, the latest first
}

type cachedDefinition struct {
	at   definitionAt
	def  *Definition
	size int
}

const (
	maxDefinitionCache = 32 << 20
	definitionMemory   = 3 // bytes of memory for one of JSON, about
)

func (c *definitionCache) get(at definitionAt) *Definition {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byAt[at]
	if !ok {
		return nil
	}
	c.used.MoveToFront(e)
	d, _ := e.Value.(*cachedDefinition) // nothing else is put in
	return d.def
}

func (c *definitionCache) put(at definitionAt, def *Definition, text int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.byAt == nil {
		c.byAt = make(map[definitionAt]*list.Element)
	}
	d := &cachedDefinition{at, def, text*definitionMemory + 1024}
	if _, there := c.byAt[at]; there {
		return
	}
	c.byAt[at] = c.used.PushFront(d)
	for c.size += d.size; c.size > maxDefinitionCache && c.used.Len() > 1; {
		last := c.used.Back()
		old, _ := c.used.Remove(last).(*cachedDefinition)
		delete(c.byAt, old.at)
		c.size -= old.size
	}
}
