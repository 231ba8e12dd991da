package releaseplan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/penstock-go/penstock/store"
)

// An Entry is a change as it is recorded: with its place in the plan's trail and
// the links of the chain.
type Entry struct {
	Seq    int64  `json:"seq"`  // from 1, without gaps
	Prev   string `json:"prev"` // the hash of the entry before; empty for the first
	Commit string `json:"commit"`
	Change
	Hash string `json:"-"` // of the entry as it is stored, previous hash included
}

// MarshalJSON returns the entry as it is stored.
func (e Entry) MarshalJSON() ([]byte, error) {
	return json.Marshal(entryJSON{Seq: e.Seq, Prev: e.Prev, Commit: e.Commit, Change: e.Change})
}

// UnmarshalJSON reads an entry as it is stored.
func (e *Entry) UnmarshalJSON(doc []byte) error {
	var in entryJSON
	if err := json.Unmarshal(doc, &in); err != nil {
		return err
	}
	e.Seq, e.Prev, e.Commit, e.Change = in.Seq, in.Prev, in.Commit, in.Change
	return nil
}

type entryJSON struct {
	Seq    int64  `json:"seq"`
	Prev   string `json:"prev"`
	Commit string `json:"commit"`
	Change Change `json:"change"`
}

// save returns the ops that bring a plan from base to next, and what is stored
// then but for the version that the Commit will give. A base of nil is a new plan.
func (s *Service) save(base *stored, next *Plan, changes []Change, commit string) (ops []store.Op, out *stored, err error) {
	if base == nil {
		base = &stored{}
	}
	o := *base
	out = &o
	out.plan, out.commit = next, commit
	events, err := s.chain(out, changes)
	if err != nil {
		return nil, nil, err
	}
	notices, err := announce(base.plan, next, changes)
	if err != nil {
		return nil, nil, err
	}
	events = append(events, notices...)
	record, err := headerRecord(next, out)
	if err != nil {
		return nil, nil, err
	}
	out.header = len(record.Body)
	ops = append(ops, store.Op{Record: record, Events: events})
	edited := base.plan == nil || base.plan.def != next.def
	if edited {
		ops = out.saveContent(ops, base)
	}
	ops, err = out.saveChunks(ops, base)
	if edited {
		out.bytes = next.size()
	}
	return ops, out, err
}

// size returns how many bytes the records of the plan's parts have.
func (p *Plan) size() int {
	n := len(p.def.raw)
	for i, phase := range p.def.phases {
		n += len(phase.raw)
		for _, c := range p.phases[i].chunks {
			n += c.size()
		}
	}
	return n
}

// chain returns changes as events that continue the plan's chain.
func (s *Service) chain(out *stored, changes []Change) ([]store.Event, error) {
	events := make([]store.Event, len(changes))
	seq := out.plan.st.Changes - int64(len(changes))
	for i, c := range changes {
		seq++
		body, err := json.Marshal(entryJSON{Seq: seq, Prev: hex.EncodeToString(out.head), Commit: out.commit, Change: c})
		if err != nil {
			return nil, fmt.Errorf("encode change %d of plan %s: %w", seq, out.plan.id, err)
		}
		out.head = s.sum(body)
		events[i] = store.Event{Seq: seq, Name: string(c.Kind), At: c.At, Body: body}
	}
	return events, nil
}

// sum is the hash of an event's stored bytes, keyed if the host seals.
func (s *Service) sum(body []byte) []byte {
	if s.seal != nil {
		return s.seal(body)
	}
	h := sha256.Sum256(body)
	return h[:]
}

// pending is the version of a record that the commit under way writes. It is
// replaced when the store has told the version.
const pending = -1

// saveContent adds the parts of the content that changed.
func (s *stored) saveContent(ops []store.Op, base *stored) []store.Op {
	id, def := s.plan.id, s.plan.def
	var before definition
	if base.plan != nil {
		before = *base.plan.def
	}
	if !bytes.Equal(before.raw, def.raw) {
		ops = append(ops, store.Op{Record: store.Record{Key: contentKey(id), Version: base.content, Body: def.raw}})
		s.content = pending
	}
	s.phases, s.chunks = resized(base.phases, len(def.phases)), resized(base.chunks, len(def.phases))
	for i, phase := range def.phases {
		if i >= len(before.phases) || !bytes.Equal(before.phases[i].raw, phase.raw) {
			ops = append(ops, store.Op{Record: store.Record{Key: phaseKey(id, i), Version: s.phases[i], Body: phase.raw}})
			s.phases[i] = pending
		}
	}
	for i := len(def.phases); i < len(base.phases); i++ {
		ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: phaseKey(id, i), Version: base.phases[i]}})
	}
	return ops
}

// saveChunks adds the chunks of statuses that changed.
func (s *stored) saveChunks(ops []store.Op, base *stored) ([]store.Op, error) {
	id := s.plan.id
	for i, phase := range s.plan.phases {
		var before []*chunk
		var versions []int64
		if base.plan != nil && i < len(base.plan.phases) {
			if base.plan.phases[i] == phase {
				continue
			}
			before, versions = base.plan.phases[i].chunks, base.chunks[i]
		}
		now := resized(versions, len(phase.chunks))
		for c, chunk := range phase.chunks {
			had := c < len(before) && before[c] != nil
			switch {
			case had && before[c] == chunk || !had && chunk == nil:
			case chunk == nil:
				ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: chunkKey(id, i, c), Version: now[c]}})
				now[c] = 0
			default:
				body, err := chunk.body()
				if err != nil {
					return nil, err
				}
				ops = append(ops, store.Op{Record: store.Record{Key: chunkKey(id, i, c), Version: now[c], Body: body}})
				now[c] = pending
				s.bytes += len(body)
				if had {
					s.bytes -= before[c].size()
				}
			}
		}
		ops = dropChunks(ops, id, i, len(phase.chunks), versions)
		if len(s.chunks) > 0 && &s.chunks[0] == firstOf(base.chunks) {
			s.chunks = slices.Clone(s.chunks)
		}
		s.chunks[i] = now
	}
	for i := len(s.plan.phases); i < len(base.chunks); i++ {
		ops = dropChunks(ops, id, i, 0, base.chunks[i])
	}
	return ops, nil
}

// dropChunks deletes the chunks of a phase from the one at place from on.
func dropChunks(ops []store.Op, id string, phase, from int, versions []int64) []store.Op {
	for c := from; c < len(versions); c++ {
		if versions[c] != 0 {
			ops = append(ops, store.Op{Kind: store.Delete, Record: store.Record{Key: chunkKey(id, phase, c), Version: versions[c]}})
		}
	}
	return ops
}

// committed puts the version that the store gave where the commit wrote.
func (s *stored) committed(version int64) {
	s.version = version
	if s.content == pending {
		s.content = version
	}
	for i, v := range s.phases {
		if v == pending {
			s.phases[i] = version
		}
	}
	for _, chunks := range s.chunks {
		for c, v := range chunks {
			if v == pending {
				chunks[c] = version
			}
		}
	}
}

// resized returns a copy of all of length n.
func resized[T any](all []T, n int) []T {
	c := make([]T, n)
	copy(c, all)
	return c
}

func firstOf[T any](all []T) *T {
	if len(all) == 0 {
		return nil
	}
	return &all[0]
}
