package workflow

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A runAnswer is what is kept of the first command with an idempotency key.
type runAnswer struct {
	Command string `json:"command"` // its hash
	Seq     int64  `json:"seq"`     // of the last change that the command made
}

func runAnswerKey(id, key string) store.Key {
	sum := sha256.Sum256([]byte(key))
	return store.Key{Kind: kindRunKey, ID: id + "/" + hex.EncodeToString(sum[:])}
}

// runCommandHash tells commands apart: by what is asked and who asks. It is keyed
// by the idempotency key, which is not stored.
func runCommandHash(c *Command, by penstock.Actor) (string, error) {
	doc, err := json.Marshal(struct {
		Command *Command `json:"command"`
		By      string   `json:"by"`
	}{c, by.ID})
	if err != nil {
		return "", penstock.Invalid("command", "cannot be written as JSON: %v", err)
	}
	mac := hmac.New(sha256.New, []byte(c.Key))
	mac.Write(doc)
	return hex.EncodeToString(mac.Sum(nil)), nil
}

// runAnswerOp returns the op that records the first answer to an idempotency key.
func runAnswerOp(id string, c *Command, by penstock.Actor, seq int64) (store.Op, error) {
	hash, err := runCommandHash(c, by)
	if err != nil {
		return store.Op{}, err
	}
	body, err := json.Marshal(runAnswer{Command: hash, Seq: seq})
	if err != nil {
		return store.Op{}, err
	}
	return store.Op{Record: store.Record{Key: runAnswerKey(id, c.Key), Body: body}}, nil
}

// answered returns the first answer to the command's idempotency key, if there was
// one: the run as it was then. Another command with the key is an ErrExists.
func (s *Service) answered(ctx context.Context, r *Run, c *Command, by penstock.Actor) (*Run, error) {
	if c.Key == "" {
		return nil, nil
	}
	records, err := s.store.Get(ctx, runAnswerKey(r.id, c.Key))
	if err != nil || records[0].Version == 0 {
		return nil, err
	}
	var a runAnswer
	if err := json.Unmarshal(records[0].Body, &a); err != nil {
		return nil, corrupt(r.id, "answer", err)
	}
	if hash, err := runCommandHash(c, by); err != nil || a.Command != hash {
		return nil, fmt.Errorf("another command with the key %q: %w", short(c.Key), penstock.ErrExists)
	}
	return s.asOf(ctx, r, a.Seq)
}

// asOf returns the run as it was after one of its changes.
func (s *Service) asOf(ctx context.Context, r *Run, seq int64) (*Run, error) {
	if r.st.Changes == seq {
		return r, nil
	}
	then, err := r.fresh()
	if err != nil {
		return nil, corrupt(r.id, "inputs", err)
	}
	for e, err := range s.entries(ctx, r.id, 0) {
		if err != nil {
			return nil, err
		}
		if e.Seq > seq {
			break
		}
		if err := then.replay(&e.Change, r.start.Later); err != nil {
			return nil, corrupt(r.id, "trail", err)
		}
	}
	if then.st.Changes != seq {
		return nil, corrupt(r.id, "trail", penstock.Invalid("seq", "ends at %d, before %d", then.st.Changes, seq))
	}
	return then, nil
}
