package releaseplan

import (
	"encoding/json"
	"errors"
	"fmt"
)

// errCorrupt says that stored records do not fit each other. It is never
// repaired in silence.
var errCorrupt = errors.New("the records do not fit each other")

// body returns a chunk as JSON: an array of statuses in which a task to which
// nothing happened is 0. What did not change since the last time is not encoded
// again.
func (c *chunk) body() ([]byte, error) {
	for _, n := range c.tasks {
		if n == nil {
			continue
		}
		if _, err := n.encoded(); err != nil {
			return nil, err
		}
	}
	doc := make([]byte, 0, c.size())
	for i, n := range c.tasks {
		switch {
		case i == 0:
			doc = append(doc, '[')
		default:
			doc = append(doc, ',')
		}
		if n == nil {
			doc = append(doc, '0')
			continue
		}
		doc = append(doc, *n.json.Load()...)
	}
	return append(doc, ']'), nil
}

// size returns how long the body of a chunk is that was encoded or decoded; of
// one that was never written, 0.
func (c *chunk) size() int {
	if c == nil {
		return 0
	}
	n := 1 + 2*len(c.tasks)
	for _, node := range c.tasks {
		if node == nil {
			continue
		}
		if text := node.json.Load(); text != nil {
			n += len(*text) - 1
		}
	}
	return n
}

// encoded returns the status as JSON.
func (n *taskNode) encoded() ([]byte, error) {
	if have := n.json.Load(); have != nil {
		return *have, nil
	}
	text, err := json.Marshal(&n.TaskStatus)
	if err != nil {
		return nil, fmt.Errorf("encode a task's status: %w", err)
	}
	n.json.Store(&text)
	return text, nil
}

// decodePhase makes the status of a phase of its chunks. An empty body is a chunk
// that was never written; stored is how many were.
func decodePhase(phase *phaseDef, bodies [][]byte, stored int) (*phaseStatus, error) {
	s := newPhaseStatus(phase)
	for c, body := range bodies {
		if len(body) == 0 {
			continue
		}
		stored--
		var parts []json.RawMessage
		if err := json.Unmarshal(body, &parts); err != nil {
			return nil, err
		}
		if len(parts) != min(chunkSize, len(phase.Tasks)-c*chunkSize) {
			return nil, errCorrupt
		}
		for k, part := range parts {
			if len(part) == 1 && part[0] == '0' {
				continue
			}
			var status TaskStatus
			if err := json.Unmarshal(part, &status); err != nil {
				return nil, err
			}
			var v validator
			if v.taskStatus(phase.Tasks[c*chunkSize+k].ID, &status); len(v.faults) > 0 {
				return nil, errors.Join(v.faults...)
			}
			s = s.with(phase, c*chunkSize+k, status)
			text := []byte(part)
			s.task(c*chunkSize + k).json.Store(&text)
		}
	}
	if stored != 0 {
		return nil, errCorrupt
	}
	return s, nil
}

// link makes a definition ready that was checked when it was stored.
func (d *definition) link(raws [][]byte) error {
	for i := range d.content.Phases {
		for j := range d.content.Phases[i].Tasks {
			d.index[d.content.Phases[i].Tasks[j].ID] = taskRef{i, j}
		}
	}
	for i := range d.content.Phases {
		p := &phaseDef{Phase: &d.content.Phases[i], raw: raws[i]}
		p.survey()
		for j := range p.Tasks {
			for _, need := range p.Tasks[j].Needs {
				ref, ok := d.index[need]
				if !ok {
					return fmt.Errorf("task %s needs %q, which is not there: %w", p.Tasks[j].ID, short(need), errCorrupt)
				}
				p.needs[j] = append(p.needs[j], ref)
			}
		}
		d.phases = append(d.phases, p)
	}
	d.findExposed()
	return nil
}
