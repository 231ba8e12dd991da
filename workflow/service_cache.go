package workflow

import "github.com/penstock-go/penstock/internal/lru"

// keep keeps a run in the cache, unless there is a later version of it already. It may
// be stale: who decides by it finds out when committing, who shows it asks first.
func (s *Service) keep(st *storedRun) { s.cache.Put(st.run.id, st.version, st, st.memory()) }

// A graphCache keeps the graphs of definitions that are run without inputs.
type graphCache struct{ *lru.Cache[graphKey, *graph] }

type graphKey struct {
	workflow string
	version  int64
}

// graphMemory bounds what graphs take that are kept, about.
const graphMemory = 64 << 20

// get returns the graph of a version of a definition with inputs and parameters.
func (c graphCache) get(d *Definition, version int64, types *Types, inputs []JobInput, params []Param) (*graph, error) {
	if len(inputs) > 0 {
		return newGraph(d, types, inputs, params)
	}
	key := graphKey{d.Key, version}
	if g, ok := c.Get(key); ok && g.def == d {
		return g, nil
	}
	g, err := newGraph(d, types, nil, params)
	if err != nil || g.borrows {
		return g, err
	}
	c.Put(key, version, g, g.memory())
	return g, nil
}

// memory is about how much a graph takes.
func (g *graph) memory() int64 { return int64(g.bytes) + 1_024*int64(len(g.nodes)+1) }
