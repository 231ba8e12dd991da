package outbox

import (
	"net/url"
	"time"

	"github.com/penstock-go/penstock"
)

// maxWeCom is the number of bytes that WeCom takes of a Markdown message.
const maxWeCom = 4096

// NewWeCom returns the robot of a WeCom (WeChat Work) group. Its URL is
// https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=…. It takes 20 messages a
// minute, of 4,096 bytes each. An error is an [penstock.InvalidError] for each fault.
func NewWeCom(cfg RobotConfig) (*Robot, error) {
	return newRobot(dialect{
		name: "wecom",
		check: func(target *url.URL, secret string) []error {
			faults := keyIn("key")(target, secret)
			if secret != "" {
				faults = append(faults, penstock.Invalid("secret", "must be empty: WeCom has no signatures"))
			}
			return faults
		},
		body: weComBody,
		code: codeIn("errcode"),
		codes: map[int]verdict{
			-1:    {"the system is busy", again},
			40008: {"a message of this type is not taken", never},
			40058: {"the message is not taken", never},
			45002: {"the message is too long", never},
			45009: {"too many messages", later},
			45033: {"too many messages at once", later},
			93000: {"there is no robot with this key", never},
		},
	}, &cfg)
}

func weComBody(m Message, _ string, _ time.Time) ([]byte, error) {
	content := "**" + unmarked(titleOf(&m)) + "**"
	if m.Text != "" {
		content += "\n" + unmarked(plain(m.Text))
	}
	type markdown struct {
		Content string `json:"content"`
	}
	return compact(struct {
		Type     string   `json:"msgtype"`
		Markdown markdown `json:"markdown"`
	}{"markdown", markdown{cut(content, maxWeCom)}})
}
