package lark

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// An application is the body of the call that creates an instance.
type application struct {
	Definition string   `json:"approval_code"`
	UserID     string   `json:"user_id,omitempty"`
	OpenID     string   `json:"open_id,omitempty"`
	Form       string   `json:"form"` // JSON, as a string
	ByUserID   []choice `json:"node_approver_user_id_list,omitempty"`
	ByOpenID   []choice `json:"node_approver_open_id_list,omitempty"`
	UUID       string   `json:"uuid"`
}

// A choice says who approves in a node.
type choice struct {
	Key   string   `json:"key"`
	Value []string `json:"value"`
}

func (p *Provider) application(ctx context.Context, d *Definition, r *approval.Request) (*application, error) {
	var choices []choice
	for i, node := range r.Nodes() {
		ids, err := p.accounts(ctx, node.Approvers)
		if err != nil {
			return nil, fmt.Errorf("policy.nodes[%d]: %w", i, err)
		}
		choices = append(choices, choice{Key: d.Nodes[i].Key, Value: ids})
	}
	who := r.OpenedBy()
	if !p.cfg.Initiator.IsZero() {
		who = p.cfg.Initiator
	}
	if named := r.Policy().Initiator; named != nil {
		who = *named
	}
	initiator, err := p.account(ctx, who)
	if err != nil {
		return nil, fmt.Errorf("policy.initiator: %w", err)
	}
	form, err := d.form(r)
	if err != nil {
		return nil, err
	}
	a := &application{Definition: d.Code, Form: form, UUID: uuidOf(r.ID())}
	if p.cfg.IDType == UserID {
		a.UserID, a.ByUserID = initiator, choices
	} else {
		a.OpenID, a.ByOpenID = initiator, choices
	}
	return a, nil
}

// accounts returns the accounts of people. Each stands for its owner and for nobody else,
// since whoever has it votes.
func (p *Provider) accounts(ctx context.Context, people []penstock.Party) ([]string, error) {
	ids := make([]string, len(people))
	for i, who := range people {
		id, err := p.account(ctx, who)
		if err != nil {
			return nil, err
		}
		ids[i] = id
		back, err := p.cfg.Accounts.User(ctx, id)
		if err != nil {
			return nil, fmt.Errorf("whose the account of %s is: %w", who.Label(), err)
		}
		if back.Key() != who.Key() {
			return nil, penstock.Invalid("approvers", "the account of %s is that of %s", who.Label(), back.Label())
		}
	}
	return ids, nil
}

func (p *Provider) account(ctx context.Context, who penstock.Party) (string, error) {
	id, err := p.cfg.Accounts.Account(ctx, who)
	if err != nil {
		return "", fmt.Errorf("the account of %s: %w", who.Label(), err)
	}
	if !isCode(id) {
		return "", penstock.Invalid("approvers", "%s has no account", who.Label())
	}
	return id, nil
}

func (d *Definition) form(r *approval.Request) (string, error) {
	widgets := []Widget{}
	if d.Form != nil {
		filled, err := d.Form(r)
		if err != nil {
			return "", fmt.Errorf("fill in the form: %w", err)
		}
		widgets = append(widgets, filled...)
	}
	text, err := json.Marshal(widgets)
	if err != nil {
		return "", errors.New("fill in the form: a value is no JSON")
	}
	return string(text), nil
}

// uuidOf returns the idempotency key of a request, in the form that Lark proposes: its
// own keys are shorter than ids may be, and do not tell upper from lower case. How it is
// made stays as it is, or requests that are open would be opened again.
func uuidOf(request string) string {
	sum := sha256.Sum256([]byte("penstock approval " + request))
	sum[6], sum[8] = sum[6]&0x0f|0x80, sum[8]&0x3f|0x80 // version 8: made in a way of our own
	return strings.ToUpper(fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16]))
}
