package outbox

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// ToAll returns a Route that tells a channel of every event of the kinds of
// subjects, for feeds and audits: Title names the event, and Data is its body (as a JSON string
// of base64 if it is no JSON). Without kinds it tells of every event but notices. Of a body that would
// make the message longer than [MaxMessage] there is only a word in Text.
//
// Bodies are meant for who may see everything: gate.opened of a release plan, say,
// holds the code that passes the gate. A channel that others see needs a Route that
// leaves out what they must not.
func ToAll(channel string, kinds ...string) Route {
	kinds = slices.Clone(kinds)
	return func(_ context.Context, e store.Event) ([]Message, error) {
		if len(kinds) == 0 && e.Subject.Kind == KindNotice || len(kinds) > 0 && !slices.Contains(kinds, e.Subject.Kind) {
			return nil, nil
		}
		m := Message{Channel: channel, Title: fmt.Sprintf("%s %s: %s", e.Subject.Kind, e.Subject.ID, e.Name), Data: e.Body}
		if len(e.Body) > 0 && len(e.Body) <= maxData && !json.Valid(e.Body) {
			encoded, err := json.Marshal(e.Body)
			if err != nil {
				return nil, Permanent(fmt.Errorf("encode the body: %w", err))
			}
			m.Data = encoded
		}
		if len(m.Data) > maxData {
			m.Text, m.Data = fmt.Sprintf("The event has %d bytes, which are too many to be sent.", len(e.Body)), nil
		}
		return []Message{m}, nil
	}
}

// maxData bounds the body of an event that ToAll sends. The rest of the message needs
// less than what that leaves of MaxMessage.
const maxData = MaxMessage - 4<<10

// An Address says by which channel, and where, a user gets messages. An empty
// channel says that there is no way.
type Address func(user penstock.PartyInfo) (channel, to string)

// ByEmail is an [Address]: the user's e-mail address by the channel "email".
func ByEmail(user penstock.PartyInfo) (channel, to string) {
	if user.Email == "" {
		return "", ""
	}
	return "email", user.Email
}

// ToRecipients returns a Route that carries the notices of [Announce] to those
// whom they name, as the Directory knows them when it is asked: of a group, all its members. Who
// is unknown, inactive or has no address gets nothing. Who would get the same
// notice twice gets it once. A failing Directory is asked again. A nil address means [ByEmail].
//
// The subject of the messages is that of what the notices tell of.
func ToRecipients(d penstock.Directory, address Address) Route {
	if address == nil {
		address = ByEmail
	}
	return func(ctx context.Context, e store.Event) ([]Message, error) {
		if e.Subject.Kind != KindNotice {
			return nil, nil
		}
		var notices []Notice
		if err := json.Unmarshal(e.Body, &notices); err != nil {
			return nil, Permanent(fmt.Errorf("decode notices: %w", err))
		}
		about := e.Subject
		if kind, id, ok := strings.Cut(e.Subject.ID, "/"); ok {
			about = store.Key{Kind: kind, ID: id}
		}
		type copyOf struct{ channel, to, event, title, text string }
		sent := make(map[copyOf]bool)
		directory := make(known)
		var messages []Message
		for _, n := range notices {
			found, _, err := directory.recipients(ctx, d, n.Recipients)
			if err != nil {
				return nil, err
			}
			for i := range found {
				channel, to := address(found[i])
				c := copyOf{channel, to, n.Event, n.Title, n.Text}
				if channel == "" || sent[c] {
					continue
				}
				sent[c] = true
				messages = append(messages, Message{
					Channel: channel, To: to, Subject: about, Event: n.Event, Title: n.Title, Text: n.Text, Data: n.Data,
				})
			}
		}
		return messages, nil
	}
}

// Join returns a Route that makes what all of routes make, in their order.
func Join(routes ...Route) Route {
	routes = slices.Clone(routes)
	return func(ctx context.Context, e store.Event) ([]Message, error) {
		var all []Message
		for _, route := range routes {
			messages, err := route(ctx, e)
			if err != nil {
				return nil, err
			}
			all = append(all, messages...)
		}
		return all, nil
	}
}
