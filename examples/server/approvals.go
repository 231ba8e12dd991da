package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/dingtalk"
	"github.com/penstock-go/penstock/approval/lark"
)

// A desk is a system in which approvals are given, which rings when there is news.
type desk interface {
	approval.Provider
	Callback(news func(ctx context.Context, instance string) error) http.Handler
}

// desks are those of the file -approvals, by the kind of approval.
type desks map[approval.Kind]desk

// A larkFile says how to reach Lark. People have there the ids that they have here.
type larkFile struct {
	AppID             string        `json:"app_id"`
	AppSecret         string        `json:"app_secret"`
	BaseURL           string        `json:"base_url"`
	IDType            lark.IDType   `json:"id_type"`
	EncryptKey        string        `json:"encrypt_key"`
	VerificationToken string        `json:"verification_token"`
	Every             every         `json:"every"`
	Definitions       []larkDefined `json:"definitions"`
}

type larkDefined struct {
	App   string `json:"app"`
	Code  string `json:"code"`
	Nodes []struct {
		Key  string        `json:"key"`
		Need approval.Need `json:"need"`
	} `json:"nodes"`
}

func (f *larkFile) open(base string) (desk, error) {
	c := lark.Config{AppID: f.AppID, AppSecret: f.AppSecret, BaseURL: base, IDType: f.IDType, EncryptKey: f.EncryptKey, VerificationToken: f.VerificationToken, Every: time.Duration(f.Every)}
	if f.BaseURL != "" {
		c.BaseURL = f.BaseURL
	}
	for _, d := range f.Definitions {
		definition := lark.Definition{App: d.App, Code: d.Code}
		for _, n := range d.Nodes {
			definition.Nodes = append(definition.Nodes, lark.Node{Key: n.Key, Need: n.Need})
		}
		c.Definitions = append(c.Definitions, definition)
	}
	p, err := lark.New(c)
	if err != nil {
		return nil, err // no desk, not one that is nil
	}
	return p, nil
}

// A dingFile says how to reach DingTalk. People have there the ids that they have here.
type dingFile struct {
	AppKey        string `json:"app_key"`
	AppSecret     string `json:"app_secret"`
	ProcessCode   string `json:"process_code"`
	Reference     string `json:"reference"`
	SealKey       string `json:"seal_key"`
	CallbackToken string `json:"callback_token"`
	CallbackKey   string `json:"callback_key"`
	CorpID        string `json:"corp_id"`
	BaseURL       string `json:"base_url"`
	Every         every  `json:"every"`
}

func (f *dingFile) open() (desk, error) {
	p, err := dingtalk.New(dingtalk.Config{AppKey: f.AppKey, AppSecret: f.AppSecret, ProcessCode: f.ProcessCode, Reference: f.Reference, SealKey: f.SealKey,
		CallbackToken: f.CallbackToken, CallbackKey: f.CallbackKey, CorpID: f.CorpID, BaseURL: f.BaseURL, Every: time.Duration(f.Every)})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// every is a duration, written as "5m".
type every time.Duration

// UnmarshalText reads it.
func (e *every) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	*e = every(d)
	return err
}

// openDesks reads a file of desks; without a name there are none.
func openDesks(name string, log *slog.Logger) (desks, error) {
	if name == "" {
		return nil, nil
	}
	var file struct {
		Lark     *larkFile `json:"lark"`
		LarkIntl *larkFile `json:"lark_intl"`
		DingTalk *dingFile `json:"dingtalk"`
	}
	if err := readSecret(name, &file, log); err != nil {
		return nil, err
	}
	all := make(desks)
	var faults []error
	add := func(kind approval.Kind, d desk, err error) {
		if all[kind] = d; err != nil {
			faults = append(faults, fmt.Errorf("%s: %s: %w", name, kind, err))
		}
	}
	if file.Lark != nil {
		d, err := file.Lark.open(lark.Feishu)
		add(approval.Lark, d, err)
	}
	if file.LarkIntl != nil {
		d, err := file.LarkIntl.open(lark.International)
		add(approval.LarkIntl, d, err)
	}
	if file.DingTalk != nil {
		d, err := file.DingTalk.open()
		add(approval.DingTalk, d, err)
	}
	return all, errors.Join(faults...)
}

// providers are the desks as services know them.
func (all desks) providers() map[approval.Kind]approval.Provider {
	out := make(map[approval.Kind]approval.Provider, len(all))
	for kind, d := range all {
		out[kind] = d
	}
	return out
}

// callbacks are what the desks ring at: the plan that waits there goes on at once.
func (h *host) callbacks() map[approval.Kind]http.Handler {
	out := make(map[approval.Kind]http.Handler, len(h.desks))
	for kind, d := range h.desks {
		out[kind] = d.Callback(func(ctx context.Context, instance string) error {
			err := h.plans.PollApproval(ctx, kind, instance)
			if err != nil && !errors.Is(err, penstock.ErrNotFound) {
				h.log.WarnContext(ctx, "an approval could not be asked for", "kind", kind, "error", err)
			}
			return err
		})
	}
	return out
}
