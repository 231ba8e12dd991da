package idempotency

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Reply is what a request with a key was answered with, on the wire.
type Reply struct {
	About  []Concern           `json:"about"`
	Status int                 `json:"status"`
	Header map[string][]string `json:"header,omitempty"`
	Body   []byte              `json:"body,omitempty"`
}

// A Concern is a right that it took, and on what.
type Concern struct {
	Right penstock.Right    `json:"right"`
	On    penstock.Resource `json:"on"`
}

// An Ask asks the Authorizer of a service about a concern, as it is now.
type Ask func(ctx context.Context, c Concern, by penstock.Actor) error

// Replies keeps replies beside the answers to commands. They are written after the
// commits that they tell of: without its reply, a request is carried out again, with the
// same keys, and has no second effect. It is safe for concurrent use.
type Replies struct {
	keys *Keys
	asks map[string]Ask // by the kind of resource
}

// NewReplies returns the replies that are kept with keys; they are about resources of a kind.
func NewReplies(keys *Keys, kind string, ask Ask) *Replies {
	return &Replies{keys, map[string]Ask{kind: ask}}
}

// And returns the replies of r, which may be about what others are about too.
func (r *Replies) And(others *Replies) *Replies {
	both := &Replies{r.keys, maps.Clone(r.asks)}
	maps.Copy(both.asks, others.asks)
	return both
}

// replies is the scope of replies: nothing has this id.
const replies = "/replies"

// Find returns the reply to a request, nil if there is none, and the slot that takes it. A
// key that was used for another request is a *[penstock.KeyReusedError]. The Authorizers are asked
// again about what a reply is about.
func (r *Replies) Find(ctx context.Context, key, asked string, by penstock.Actor) (Slot, *Reply, error) {
	slot, raw, err := r.keys.Find(ctx, Request{Scope: replies, Key: key, By: by.ID, What: asked})
	if raw == nil || err != nil {
		return slot, nil, err
	}
	reply := new(Reply)
	if err := json.Unmarshal(raw, reply); err != nil {
		return slot, nil, fmt.Errorf("decode the reply in %s: %w", slot.key, err)
	}
	for _, c := range reply.About {
		ask := r.asks[c.On.Kind]
		if ask == nil {
			return slot, nil, &penstock.ForbiddenError{Right: c.Right, On: c.On}
		}
		if err := ask(ctx, c, by); err != nil {
			return slot, nil, err
		}
	}
	return slot, reply, nil
}

// Keep puts a reply into the slot. If the same request, sent at once, was faster, Keep
// reports that: Find returns its reply then.
func (r *Replies) Keep(ctx context.Context, slot Slot, reply *Reply) (faster bool, err error) {
	op, err := slot.Op(reply)
	if err != nil {
		return false, err
	}
	_, err = r.keys.store.Commit(ctx, op)
	if _, failed := errors.AsType[*store.OpError](err); failed {
		return true, nil
	}
	return false, err
}
