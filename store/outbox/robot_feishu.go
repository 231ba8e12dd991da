package outbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"path"
	"strconv"
	"time"

	"github.com/penstock-go/penstock"
)

// maxFeishu is the number of bytes that Feishu takes of a request.
const maxFeishu = 20_000

// NewFeishu returns the custom robot of a Feishu or Lark group. Its URL is
// https://open.feishu.cn/open-apis/bot/v2/hook/…, that of Lark
// https://open.larksuite.com/open-apis/bot/v2/hook/…. It takes 100 messages a
// minute, of 20 KB each. An error is an [penstock.InvalidError] for each fault.
func NewFeishu(cfg RobotConfig) (*Robot, error) {
	return newRobot(dialect{
		name: "feishu",
		check: func(target *url.URL, _ string) []error {
			if dir, key := path.Split(target.Path); key == "" || path.Base(dir) != "hook" {
				return []error{penstock.Invalid("url", "must end in /hook/ and the robot's key")}
			}
			return nil
		},
		body: feishuBody,
		code: codeIn("code", "StatusCode"),
		codes: map[int]verdict{
			9499:  {"too many messages, or a message that is not taken", later},
			11232: {"too many messages", later},
			11233: {"too many messages", later},
			19001: {"there is no robot with this key", never},
			19021: {"the signature was refused", again},
			19022: {"the sender's address was refused", again},
			19024: {"a keyword is missing", again},
		},
	}, &cfg)
}

type (
	feishuMessage struct {
		Timestamp string     `json:"timestamp,omitempty"`
		Sign      string     `json:"sign,omitempty"`
		Type      string     `json:"msg_type"`
		Card      feishuCard `json:"card"`
	}
	feishuCard struct {
		Header   feishuHeader    `json:"header"`
		Elements []feishuElement `json:"elements"`
	}
	feishuHeader struct {
		Title feishuText `json:"title"`
	}
	feishuElement struct {
		Tag  string     `json:"tag"`
		Text feishuText `json:"text"`
	}
	feishuText struct {
		Tag     string `json:"tag"`
		Content string `json:"content"`
	}
)

func feishuBody(m Message, secret string, now time.Time) ([]byte, error) {
	text := plain(m.Text)
	if text == "" {
		text = m.Subject.String() // a card without elements is refused
	}
	return fit(text, maxFeishu, func(text string) any {
		doc := feishuMessage{Type: "interactive", Card: feishuCard{
			Header:   feishuHeader{plainText(titleOf(&m))},
			Elements: []feishuElement{{"div", plainText(text)}},
		}}
		if secret != "" {
			doc.Timestamp, doc.Sign = feishuSign(secret, now)
		}
		return doc
	})
}

// plainText is text that Feishu does not look for markup in.
func plainText(s string) feishuText { return feishuText{"plain_text", s} }

// feishuSign signs nothing with a key of both the time and the secret, as Feishu wants it.
func feishuSign(secret string, now time.Time) (stamp, sign string) {
	stamp = strconv.FormatInt(now.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(stamp+"\n"+secret))
	return stamp, base64.StdEncoding.EncodeToString(mac.Sum(nil))
}
