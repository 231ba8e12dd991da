package outbox

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxDingTalk is the number of bytes that DingTalk takes of a message.
const maxDingTalk = 20_000

// NewDingTalk returns the custom robot of a DingTalk group. Its URL is
// https://oapi.dingtalk.com/robot/send?access_token=…. It takes 20 messages a
// minute, of 20,000 bytes each. An error is an [penstock.InvalidError] for each fault.
func NewDingTalk(cfg RobotConfig) (*Robot, error) {
	return newRobot(dialect{
		name:  "dingtalk",
		check: keyIn("access_token"),
		body:  dingTalkBody,
		sign:  dingTalkSign,
		code:  codeIn("errcode"),
		codes: map[int]verdict{
			-1:     {"the system is busy", again},
			40035:  {"the message is not taken", never},
			130101: {"too many messages", later},
			310000: {"the signature, a keyword or the sender's address was refused", again},
			400013: {"the group is no more", never},
			400101: {"there is no robot with this token", never},
			400102: {"the robot is switched off", never},
			400105: {"a message of this type is not taken", never},
			400106: {"the robot is no more", never},
			410100: {"too many messages", later},
			430101: {"the message holds a link that is not taken", never},
			430102: {"the message holds words that are not taken", never},
			430103: {"the message holds an image that is not taken", never},
			430104: {"the message is not taken", never},
			460101: {"the message is too long", never},
			660026: {"too many messages", later},
		},
	}, &cfg)
}

func dingTalkBody(m Message, _ string, _ time.Time) ([]byte, error) {
	type markdown struct {
		Title string `json:"title"` // in the list of chats only
		Text  string `json:"text"`
	}
	title := titleOf(&m)
	text := "#### " + unmarked(title)
	if m.Text != "" {
		text += "\n\n" + strings.ReplaceAll(unmarked(plain(m.Text)), "\n", "  \n") // two spaces break the line
	}
	return fit(text, maxDingTalk, func(text string) any {
		return struct {
			Type     string   `json:"msgtype"`
			Markdown markdown `json:"markdown"`
		}{"markdown", markdown{title, text}}
	})
}

func dingTalkSign(target *url.URL, secret string, now time.Time) *url.URL {
	stamp := strconv.FormatInt(now.UnixMilli(), 10)
	mac := hmac.New(sha256.New, []byte(secret))
	_, _ = mac.Write([]byte(stamp + "\n" + secret)) // a hash never fails
	signed := *target
	query := signed.Query()
	query.Set("timestamp", stamp)
	query.Set("sign", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	signed.RawQuery = query.Encode()
	return &signed
}
