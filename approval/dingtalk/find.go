package dingtalk

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/internal/platform"
)

// The bounds of looking for an instance.
const (
	skew      = 10 * time.Minute     // that DingTalk's clock may be behind ours
	window    = 100 * 24 * time.Hour // asked for at a time; DingTalk allows 120 days
	memory    = 360 * 24 * time.Hour // how far back DingTalk can be asked
	pageSize  = 20                   // DingTalk's largest
	maxListed = 2_000                // instances looked at
)

// find returns the instance that bears r's reference, or "" if there is none.
func (p *Provider) find(ctx context.Context, r *approval.Request, o *order) (string, error) {
	now := p.cfg.Now()
	from := r.OpenedAt().Add(-skew)
	if now.Sub(from) > memory {
		return "", errors.New("dingtalk: the request is too old to say whether it was opened before")
	}
	listed := 0
	for {
		q := query{Process: o.Process, Users: []string{o.Originator}, From: from.UnixMilli(), Size: pageSize}
		last := from.Add(window).After(now)
		if !last {
			q.To = from.Add(window).UnixMilli() // else: until now, as DingTalk sees it
		}
		id, err := p.findIn(ctx, r.ID(), q, &listed)
		if err != nil || id != "" || last {
			return id, err
		}
		from = from.Add(window)
	}
}

// A query is for the ids of instances.
type query struct {
	Process string   `json:"processCode"`
	Users   []string `json:"userIds"`
	From    int64    `json:"startTime"` // both in milliseconds since 1970
	To      int64    `json:"endTime,omitempty"`
	Next    int64    `json:"nextToken"`
	Size    int      `json:"maxResults"`
}

func (p *Provider) findIn(ctx context.Context, request string, q query, listed *int) (string, error) {
	for {
		var got struct {
			Result *struct {
				List []string        `json:"list"`
				Next json.RawMessage `json:"nextToken"` // a number, mostly written as a string; nothing: the end
			} `json:"result"`
			Success said `json:"success"`
		}
		if err := p.post(ctx, "list instances", queryPath, q, &got); err != nil {
			return "", err
		}
		if got.Result == nil || got.Success == no {
			return "", errors.New("dingtalk: list instances: the answer holds none")
		}
		for _, id := range got.Result.List {
			if *listed++; *listed > maxListed {
				return "", fmt.Errorf("dingtalk: more than %d instances were opened since the request was: cannot say whether it was opened before", maxListed)
			}
			bears, err := p.bears(ctx, id)
			if err != nil {
				return "", err
			}
			if bears == request {
				return id, nil
			}
		}
		next := strings.Trim(string(got.Result.Next), `"`)
		if next == "" || next == "null" {
			return "", nil
		}
		to, err := strconv.ParseInt(next, 10, 64)
		if err != nil || to <= q.Next {
			return "", errors.New("dingtalk: list instances: the answer does not say where to go on")
		}
		q.Next = to
	}
}

// bears returns the id of the request that an instance is of, or "".
func (p *Provider) bears(ctx context.Context, id string) (string, error) {
	if request, ok := p.borne.Get(id); ok { // a form does not change
		return request, nil
	}
	i, err := p.read(ctx, id)
	switch {
	case errors.Is(err, penstock.ErrNotFound) || platform.CodeOf(err) == noFormCode:
		i = &instance{}
	case err != nil:
		return "", err
	case i.Status == "" || i.Form == nil: // it may be the one
		return "", errors.New("dingtalk: read an instance: the answer is not complete")
	}
	var request string
	if ref, err := i.reference(p.cfg.Reference, p.cfg.SealKey); err == nil && !i.copied() {
		request = ref.Request
	}
	p.borne.Put(id, 1, request, int64(len(id)+len(request)+100))
	return request, nil
}
