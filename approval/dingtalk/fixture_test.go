package dingtalk_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
	"github.com/penstock-go/penstock/approval/dingtalk"
)

// config asks the fake, under user ids that differ from those of the parties.
func config(url string) dingtalk.Config {
	return dingtalk.Config{
		AppKey: appKey, AppSecret: appSecret, ProcessCode: "PROC-1", Description: "What", BaseURL: url,
		UserID: func(_ context.Context, p penstock.Party) (string, error) {
			switch p.ID {
			case "lost":
				return "", errors.New("the directory is away")
			case "nobody":
				return "", nil
			default:
				return "ding-" + strings.TrimPrefix(p.ID, "twin-of-"), nil
			}
		},
	}
}

func provider(t testing.TB, cfg dingtalk.Config) *dingtalk.Provider {
	t.Helper()
	p, err := dingtalk.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// served returns a fake on 127.0.0.1, and a provider that asks it.
func served(t testing.TB) (*fake, *dingtalk.Provider) {
	t.Helper()
	f := newFake()
	cfg := config(f.listen(t))
	cfg.HTTP = &http.Client{Transport: &http.Transport{}}
	t.Cleanup(cfg.HTTP.CloseIdleConnections)
	return f, provider(t, cfg)
}

// wired is served without a network, for bubbles.
func wired(t testing.TB) (*fake, *dingtalk.Provider) {
	t.Helper()
	f := newFake()
	cfg := config("https://dingtalk.test")
	cfg.HTTP = &http.Client{Transport: f}
	return f, provider(t, cfg)
}

func users(ids ...string) (parties []penstock.Party) {
	for _, id := range ids {
		parties = append(parties, penstock.UserParty(id))
	}
	return parties
}

func node(need approval.Need, ids ...string) approval.Node {
	return approval.Node{Need: need, Approvers: users(ids...)}
}

// request opens a request of max's.
func request(t testing.TB, id string, nodes ...approval.Node) *approval.Request {
	t.Helper()
	return requestOf(t, id, approval.Policy{Enabled: true, Kind: approval.DingTalk, Description: "Checkout 2.4", Nodes: nodes})
}

func requestOf(t testing.TB, id string, policy approval.Policy) *approval.Request {
	t.Helper()
	r, err := approval.Open(approval.Opening{
		ID: id, Policy: policy, By: penstock.Actor{ID: "max"}, At: time.Now(), Subject: approval.Subject{Hash: "h1", Author: "max"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func create(t testing.TB, p *dingtalk.Provider, r *approval.Request) string {
	t.Helper()
	id, err := p.Create(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// told is an answer without times.
func told(a approval.Answer) (approval.State, []approval.Vote) {
	votes := append([]approval.Vote(nil), a.Votes...)
	for i := range votes {
		votes[i].At = time.Time{}
	}
	return a.Outcome, votes
}

func yes(id string, node int) approval.Vote {
	return approval.Vote{Who: penstock.UserParty(id), Node: node, Decision: approval.Approve}
}

func no(id string, node int) approval.Vote {
	return approval.Vote{Who: penstock.UserParty(id), Node: node, Decision: approval.Reject}
}

func saidSo(v approval.Vote, comment string) approval.Vote {
	v.Comment = comment
	return v
}
