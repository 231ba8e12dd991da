package dingtalk

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/internal/platform"
)

// Create opens an instance for r, unless one bears its reference already, and returns
// its id. It is not safe to create the same request twice at the same moment.
//
// What DingTalk cannot be asked is a [*penstock.InvalidError] with its path in r: a node
// of k of n, more than 20 nodes, somebody in two of them, a policy without a
// process. Everything else can be repeated.
func (p *Provider) Create(ctx context.Context, r *approval.Request) (string, error) {
	o, err := p.order(ctx, r)
	if err != nil {
		return "", err
	}
	id, err := p.find(ctx, r, o)
	if err != nil || id != "" {
		return id, err
	}
	var got struct {
		InstanceID string `json:"instanceId"`
	}
	if err := p.post(ctx, "open an instance", instancesPath, o, &got); err != nil {
		return "", err
	}
	if got.InstanceID == "" || len(got.InstanceID) > approval.MaxText {
		return "", errors.New("dingtalk: open an instance: the answer holds no id")
	}
	return got.InstanceID, nil
}

// Every returns [Config.Every], as an [approval.Pacer].
func (p *Provider) Every() time.Duration { return p.cfg.Every }

// Poll returns what the instance has come to. An answer that is not known, not complete or
// not borne out by those who were asked is an error, and one that DingTalk does not know
// a [penstock.ErrNotFound].
func (p *Provider) Poll(ctx context.Context, instance string) (approval.Answer, error) {
	i, err := p.read(ctx, instance)
	if err != nil {
		return approval.Answer{}, err
	}
	asked, err := i.reference(p.cfg.Reference, p.cfg.SealKey)
	if err != nil {
		return approval.Answer{}, err
	}
	return i.answer(asked)
}

// DingTalk revokes no instance in its first 15 seconds.
const (
	patience = 20 * time.Second // how long Cancel tries
	again    = 4 * time.Second  // how often
)

// Cancel revokes the instance. One that is young is not revoked by DingTalk, so Cancel may
// take 20 seconds. One that is closed or not known is no error.
func (p *Provider) Cancel(ctx context.Context, instance string) error {
	for waited := time.Duration(0); ; waited += again {
		err := p.revoke(ctx, instance)
		if err == nil || errors.Is(err, penstock.ErrNotFound) {
			return nil
		}
		if closed, known := p.isClosed(ctx, instance); closed {
			return nil
		} else if !known || platform.CodeOf(err) != statusCode || waited >= patience {
			return err
		}
		timer := time.NewTimer(again)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// isClosed reports whether nobody can answer the instance any more, and whether that is known.
func (p *Provider) isClosed(ctx context.Context, instance string) (closed, known bool) {
	i, err := p.read(ctx, instance)
	if err != nil {
		missing := errors.Is(err, penstock.ErrNotFound)
		return missing, missing
	}
	closed, err = i.closed()
	return closed, err == nil
}

func (p *Provider) revoke(ctx context.Context, instance string) error {
	if instance == "" || len(instance) > approval.MaxText {
		return penstock.Invalid("instance", "must have from 1 to %d bytes", approval.MaxText)
	}
	var got struct {
		Result  said `json:"result"`
		Success said `json:"success"`
	}
	err := p.post(ctx, "revoke an instance", terminatePath, map[string]any{
		"processInstanceId": instance, "isSystem": true, "remark": "Nobody waits for it any more.",
	}, &got)
	if err == nil && (got.Result != yes || got.Success == no) {
		return fmt.Errorf("dingtalk: revoke an instance: it was not")
	}
	return err
}
