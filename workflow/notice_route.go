package workflow

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/outbox"
)

// HookChannel is the channel of the messages that [ToHooks] makes and [Hooks] carry.
const HookChannel = "workflow.hook"

// ToHooks is an [outbox.Route] that carries the notices of runs to the robots, webhooks
// and others that definitions name, on [HookChannel]. The receiver of a message is the place of
// a control in a version of a definition, as shop-release@3/notify_ctls[0]: its address is looked
// up when it is sent, and so is neither in the log nor in a message that waits. Mail
// goes by [outbox.ToRecipients].
func ToHooks(_ context.Context, e store.Event) ([]outbox.Message, error) {
	about, ours := strings.CutPrefix(e.Subject.ID, kindRun+"/")
	if e.Subject.Kind != outbox.KindNotice || !ours {
		return nil, nil
	}
	var notices []outbox.Notice
	if err := json.Unmarshal(e.Body, &notices); err != nil {
		return nil, outbox.Permanent(fmt.Errorf("decode notices: %w", err))
	}
	var all []outbox.Message
	for _, n := range notices {
		var d NoticeData
		if err := json.Unmarshal(n.Data, &d); err != nil {
			return nil, outbox.Permanent(fmt.Errorf("decode a notice: %w", err))
		}
		controls := d.Controls
		d.Controls = nil
		data, err := json.Marshal(d)
		if err != nil {
			return nil, outbox.Permanent(fmt.Errorf("encode a notice: %w", err))
		}
		for _, path := range controls {
			at := hookPlace{d.Workflow.Key, d.Workflow.Version, path}
			all = append(all, outbox.Message{
				Channel: HookChannel, To: at.String(), Subject: runKey(about), Event: n.Event, Title: n.Title, Text: n.Text, Data: data,
			})
		}
	}
	return all, nil
}

// A hookPlace is the place of a control: what a message is addressed to.
type hookPlace struct {
	workflow string
	version  int64
	path     string
}

func (p hookPlace) String() string { return fmt.Sprintf("%s@%d/%s", p.workflow, p.version, p.path) }

func parseHookPlace(to string) (p hookPlace, ok bool) {
	head, path, ok := strings.Cut(to, "/")
	key, version, ok2 := strings.Cut(head, "@")
	n, err := strconv.ParseInt(version, 10, 64)
	return hookPlace{key, n, path}, ok && ok2 && err == nil && n > 0
}
