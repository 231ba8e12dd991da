package workflow

import (
	"encoding/json"
	"fmt"
	"iter"
)

// A NotifyControl is what the library reads of one of the notify_ctls of a definition or
// a job, which are kept as they are: who is told, and of what. Its JSON has a member for each
// kind, wechat_notification_config and its like; those that were flat once, such as
// weChat_webHook, are read too.
type NotifyControl struct {
	Enabled bool
	Kind    NotifyKind
	Types   []NotifyType
	Users   People // of mail: who gets it; the [Starter] too
	Address string // of a robot or webhook; most are secret. It may hold variables of the run
	Token   string // of a webhook: what signs the messages
}

// A NotifyKind is how a [NotifyControl] reaches people.
type NotifyKind string

// The kinds. Mail goes to people, the others to what has an address or is an app's.
const (
	NotifyMail         NotifyKind = "mail"
	NotifyWebhook      NotifyKind = "webhook"
	NotifyWeCom        NotifyKind = "wechat"
	NotifyDingTalk     NotifyKind = "dingding"
	NotifyFeishu       NotifyKind = "feishu"
	NotifyFeishuApp    NotifyKind = "feishu_app"
	NotifyFeishuPerson NotifyKind = "feishu_person"
	NotifyTeams        NotifyKind = "msteams"
)

// A NotifyType is what a [NotifyControl] tells of. Which change of a run or job it is
// [NoticeData] says; others can be named, and are never told of.
type NotifyType string

// The types.
const (
	NotifyCreated      NotifyType = "created"
	NotifyChanged      NotifyType = "changed" // any end that differs from that of the run before
	NotifyPassed       NotifyType = "passed"
	NotifyUnstable     NotifyType = "unstable"
	NotifySkipped      NotifyType = "skipped"
	NotifyFailed       NotifyType = "failed"
	NotifyTimedOut     NotifyType = "timeout"
	NotifyCanceled     NotifyType = "cancelled"
	NotifyRejected     NotifyType = "reject"
	NotifyPaused       NotifyType = "pause"
	NotifyPrepare      NotifyType = "prepare"
	NotifyWaiting      NotifyType = "wait_for_approval"
	NotifyManualErrors NotifyType = "wait_for_manual_error_handling"
)

// ParseNotifyControl reads one of the notify_ctls. A member of another type than it
// should be is an ErrInvalid that tells every fault; members that are not known are passed over.
func ParseNotifyControl(text json.RawMessage) (NotifyControl, error) {
	var w controlJSON
	if err := json.Unmarshal(text, &w); err != nil {
		return NotifyControl{}, decodeFault("", text, &w, err)
	}
	return w.control(), nil
}

// String tells the kind; the address and the token may be secret.
func (n NotifyControl) String() string { return fmt.Sprintf("notification by %s", n.Kind) }

// Format writes what String returns, whatever the verb.
func (n NotifyControl) Format(f fmt.State, _ rune) { fmt.Fprint(f, n.String()) }

// controlJSON is what is read of one of the notify_ctls.
type controlJSON struct {
	Enabled bool         `json:"enabled"`
	Kind    NotifyKind   `json:"webhook_type"`
	Types   []NotifyType `json:"notify_type"`

	WeCom    robotJSON   `json:"wechat_notification_config"`
	DingTalk robotJSON   `json:"dingding_notification_config"`
	Feishu   robotJSON   `json:"lark_hook_notification_config"`
	Teams    robotJSON   `json:"msteams_notification_config"`
	Webhook  webhookJSON `json:"webhook_notification_config"`
	Mail     struct {
		Users People `json:"target_users"`
	} `json:"mail_notification_config"`

	FlatWeCom    string      `json:"weChat_webHook"`
	FlatDingTalk string      `json:"dingding_webhook"`
	FlatFeishu   string      `json:"feishu_webhook"`
	FlatWebhook  webhookJSON `json:"webhook_notify"`
	FlatMail     People      `json:"mail_users"`
}

type robotJSON struct {
	Address string `json:"hook_address"`
}

type webhookJSON struct {
	Address string `json:"address"`
	Token   string `json:"token"`
}

func (w *controlJSON) control() NotifyControl {
	n := NotifyControl{Enabled: w.Enabled, Kind: w.Kind, Types: w.Types}
	switch w.Kind {
	case NotifyWeCom:
		n.Address = first(w.WeCom.Address, w.FlatWeCom)
	case NotifyDingTalk:
		n.Address = first(w.DingTalk.Address, w.FlatDingTalk)
	case NotifyFeishu:
		n.Address = first(w.Feishu.Address, w.FlatFeishu)
	case NotifyTeams:
		n.Address = w.Teams.Address
	case NotifyWebhook:
		if n.Address, n.Token = w.Webhook.Address, w.Webhook.Token; n.Address == "" {
			n.Address, n.Token = w.FlatWebhook.Address, w.FlatWebhook.Token
		}
	case NotifyMail:
		if n.Users = w.Mail.Users; len(n.Users) == 0 {
			n.Users = w.FlatMail
		}
	default: // what else it has is for who sends it
	}
	return n
}

// checkControls checks notify_ctls: members that the library reads, and nothing else.
func (c *Checker) checkControls(field string, all []json.RawMessage) {
	before := c.count()
	if c.checkObjects(field, all, MaxNotify); c.count() > before {
		return
	}
	for i, text := range all {
		_, err := ParseNotifyControl(text)
		c.At("%s[%d]", field, i).Err("", err)
	}
}

// A placedControl is one of the notify_ctls where it is.
type placedControl struct {
	path string
	job  *Job // nil: of the definition
	text json.RawMessage
}

// controls returns the notify_ctls of the definition and then those of its jobs.
func (d *Definition) controls() iter.Seq[placedControl] {
	return func(yield func(placedControl) bool) {
		for i, text := range d.Notify {
			if !yield(placedControl{fmt.Sprintf("notify_ctls[%d]", i), nil, text}) {
				return
			}
		}
		for i := range d.Stages {
			for j := range d.Stages[i].Jobs {
				job := &d.Stages[i].Jobs[j]
				for k, text := range job.Notify {
					if !yield(placedControl{fmt.Sprintf("stages[%d].jobs[%d].notify_ctls[%d]", i, j, k), job, text}) {
						return
					}
				}
			}
		}
	}
}
