package outbox_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/outbox"
)

// A book is a Directory of users by id, with groups.
type book struct {
	penstock.Trust
	users map[string]penstock.PartyInfo
	err   error
	asked int
}

func (b *book) Party(_ context.Context, p penstock.Party) (penstock.PartyInfo, error) {
	b.asked++
	if b.err != nil {
		return penstock.PartyInfo{}, b.err
	}
	if p.ID == "" {
		p.ID = p.Name
	}
	info, ok := b.users[p.ID]
	if !ok {
		return info, penstock.ErrNotFound
	}
	info.Party = penstock.Party{Type: info.Type, ID: p.ID, Name: p.ID}
	return info, nil
}

func newBook() *book {
	group := func(active bool, members ...string) penstock.PartyInfo {
		info := penstock.PartyInfo{Party: penstock.GroupParty(""), Active: active}
		for _, id := range members {
			info.Members = append(info.Members, penstock.UserParty(id))
		}
		return info
	}
	return &book{users: map[string]penstock.PartyInfo{
		"ann": {Email: "ann@example.com", Active: true}, "bob": {Email: "bob@example.com", Active: true},
		"eve": {Email: "eve@example.com"}, "nil": {Active: true},
		"sre": group(true, "bob", "eve", "ann", "nobody"), "old": group(false, "ann"),
	}}
}

func TestRecipientsAreFoundInTheDirectory(t *testing.T) {
	user, group := penstock.UserParty, penstock.GroupParty
	for _, tt := range []struct {
		rule           string
		parties        []penstock.Party
		found, invalid []string
	}{
		{"users, once and in order", []penstock.Party{user("bob"), user("ann"), {Name: "bob"}}, []string{"bob", "ann"}, nil},
		{"the unknown and the inactive are invalid", []penstock.Party{user("eve"), user("zoe"), user("ann"), {}}, []string{"ann"}, []string{"eve", "zoe", ""}},
		{"of groups the active members", []penstock.Party{user("ann"), group("sre")}, []string{"ann", "bob"}, nil},
		{"inactive groups are invalid", []penstock.Party{group("old")}, nil, []string{"old"}},
		{"nobody", nil, nil, nil},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			found, invalid, err := outbox.Recipients(t.Context(), newBook(), tt.parties)
			if err != nil {
				t.Fatal(err)
			}
			var who, not []string
			for i := range found {
				who = append(who, found[i].ID)
			}
			for _, p := range invalid {
				not = append(not, p.ID)
			}
			if diff := cmp.Diff([][]string{tt.found, tt.invalid}, [][]string{who, not}); diff != "" {
				t.Errorf("found and invalid (-want +got):\n%s", diff)
			}
		})
	}
	if _, _, err := outbox.Recipients(t.Context(), &book{err: errDown}, []penstock.Party{user("ann")}); !errors.Is(err, errDown) {
		t.Errorf("a directory that fails: %v", err)
	}
}

func announce(t *testing.T, notices ...outbox.Notice) store.Event {
	t.Helper()
	e, err := outbox.Announce(store.Key{Kind: "plan", ID: "p/1"}, 7, time.Unix(0, 0), notices...)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestNoticesGoToTheirRecipients(t *testing.T) {
	to := func(ids ...string) (parties []penstock.Party) {
		for _, id := range ids {
			parties = append(parties, penstock.UserParty(id))
		}
		return parties
	}
	d := newBook()
	route := outbox.ToRecipients(d, nil)
	e := announce(t,
		outbox.Notice{Event: "failed", Recipients: to("ann", "zoe", "nil"), Title: "Plan failed", Text: "why", Data: []byte(`{}`)},
		outbox.Notice{Event: "failed", Recipients: append(to("bob"), penstock.GroupParty("sre")), Title: "Plan failed", Text: "why"},
		outbox.Notice{Event: "failed", Recipients: to("ann"), Title: "Task failed"},
	)
	got, err := route(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	m := outbox.Message{Channel: "email", To: "ann@example.com", Subject: store.Key{Kind: "plan", ID: "p/1"}, Event: "failed", Title: "Plan failed", Text: "why"}
	ann, bob, task := m, m, m
	ann.Data = []byte(`{}`)
	bob.To = "bob@example.com"
	task.Title, task.Text = "Task failed", ""
	if diff := cmp.Diff([]outbox.Message{ann, bob, task}, got); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
	if d.asked > 7 {
		t.Errorf("the directory was asked %d times about 7 parties", d.asked)
	}
	if got, err := route(t.Context(), store.Event{Subject: store.Key{Kind: "plan", ID: "p1"}}); got != nil || err != nil {
		t.Errorf("an event that is no notice: %v, %v", got, err)
	}
	d.err = errDown
	if _, err := route(t.Context(), e); !errors.Is(err, errDown) || outbox.IsPermanent(err) {
		t.Errorf("a directory that fails: %v, want an error that is tried again", err)
	}
	e.Body = []byte("{")
	if _, err := route(t.Context(), e); !outbox.IsPermanent(err) {
		t.Errorf("a damaged notice: %v, want a permanent error", err)
	}
}

func TestToAllTellsOfEveryEvent(t *testing.T) {
	event := func(kind, body string) store.Event {
		return store.Event{Subject: store.Key{Kind: kind, ID: "1"}, Name: "made", Body: []byte(body)}
	}
	all, plans := outbox.ToAll("c"), outbox.ToAll("c", "plan", outbox.KindNotice)
	for _, tt := range []struct {
		rule  string
		route outbox.Route
		event store.Event
		data  string // of the message; empty: there is none
	}{
		{"every kind", all, event("plan", `{"a":1}`), `{"a":1}`},
		{"but notices", all, event(outbox.KindNotice, `[]`), ""},
		{"which can be asked for", plans, event(outbox.KindNotice, `[]`), "[]"},
		{"the kinds asked for", plans, event("run", `{}`), ""},
		{"what is no JSON is encoded", all, event("plan", "\xff"), `"/w=="`},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			got, err := tt.route(t.Context(), tt.event)
			if err != nil {
				t.Fatal(err)
			}
			if tt.data == "" {
				if got != nil {
					t.Errorf("messages: %v", got)
				}
				return
			}
			want := []outbox.Message{{Channel: "c", Title: tt.event.Subject.Kind + " 1: made", Data: []byte(tt.data)}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("messages (-want +got):\n%s", diff)
			}
		})
	}
}

// What is too large to be sent is told of nevertheless.
func TestToAllTellsOfLargeEvents(t *testing.T) {
	inHub(t, func(t *testing.T, h *hub) {
		bodies := map[string][]byte{
			"large": []byte(`"` + strings.Repeat("x", outbox.MaxMessage-5<<10) + `"`),
			"huge":  []byte(`"` + strings.Repeat("x", outbox.MaxMessage-3<<10) + `"`),
			"grows": bytes.Repeat([]byte{0xff}, outbox.MaxMessage*7/8),
		}
		var mu sync.Mutex
		got := make(map[string]bool) // whether the message held the body
		h.answer = func(_ context.Context, m outbox.Message) error {
			mu.Lock()
			defer mu.Unlock()
			got[m.Subject.ID] = len(m.Data) > 0
			if said := strings.Contains(m.Text, fmt.Sprint(len(bodies[m.Subject.ID]), " bytes")); said == got[m.Subject.ID] {
				t.Errorf("%s: Text is %q", m.Subject.ID, m.Text)
			}
			return nil
		}
		for id, body := range bodies {
			e := store.Event{Subject: store.Key{Kind: "plan", ID: id}, Seq: 1, Name: strings.Repeat("n", store.MaxName), At: time.Now(), Body: body}
			if _, err := h.store.Commit(t.Context(), store.Op{Record: store.Record{Key: store.Key{Kind: "c", ID: id}}, Events: []store.Event{e}}); err != nil {
				t.Fatal(err)
			}
		}
		c := h.config()
		c.Route = outbox.ToAll("test")
		d := h.new(c)
		h.run(d)
		h.pass(time.Minute)
		if diff := cmp.Diff(map[string]bool{"large": true, "huge": false, "grows": false}, got); diff != "" {
			t.Errorf("messages with a body (-want +got):\n%s", diff)
		}
		if letters := h.dead(d); len(letters) != 0 {
			t.Errorf("%d letters: %s", len(letters), letters[0].Error)
		}
	})
}

func TestAnnouncementsThatCannotBe(t *testing.T) {
	for _, tt := range []struct {
		rule   string
		id     string
		notice outbox.Notice
		want   string // the field that is at fault
	}{
		{"as long a key as there is room for", strings.Repeat("i", store.MaxKey-len("outbox.notice/plan/")), outbox.Notice{}, ""},
		{"a longer one", strings.Repeat("i", store.MaxKey-len("outbox.notice/plan/")+1), outbox.Notice{}, "about"},
		{"data that is no JSON", "1", outbox.Notice{Data: []byte("{")}, "notices[1].data"},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			e, err := outbox.Announce(store.Key{Kind: "plan", ID: tt.id}, 1, time.Unix(0, 0), outbox.Notice{}, tt.notice)
			if tt.want == "" {
				op := store.Op{Record: store.Record{Key: store.Key{Kind: "plan", ID: tt.id}}, Events: []store.Event{e}}
				if _, commit := memory.New().Commit(t.Context(), op); err != nil || commit != nil {
					t.Errorf("Announce = %v, Commit = %v", err, commit)
				}
				return
			}
			faults := penstock.Faults(err)
			if len(faults) != 1 || faults[0].Field != tt.want {
				t.Errorf("Announce = %v, want a fault of %s", err, tt.want)
			}
		})
	}
}

func TestJoinedRoutesAreAllAsked(t *testing.T) {
	e := store.Event{Subject: store.Key{Kind: "plan", ID: "1"}}
	got, err := outbox.Join(outbox.ToAll("a"), outbox.ToRecipients(newBook(), nil), outbox.ToAll("b"))(t.Context(), e)
	if err != nil || len(got) != 2 || got[0].Channel != "a" || got[1].Channel != "b" {
		t.Errorf("Join = %+v, %v", got, err)
	}
	broken := func(context.Context, store.Event) ([]outbox.Message, error) { return nil, errDown }
	if got, err := outbox.Join(outbox.ToAll("a"), broken)(t.Context(), e); got != nil || !errors.Is(err, errDown) {
		t.Errorf("Join with a broken one = %+v, %v", got, err)
	}
}
