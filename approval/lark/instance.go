package lark

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// States of an instance and of a task.
const (
	statusPending     = "PENDING"
	statusApproved    = "APPROVED"
	statusRejected    = "REJECTED"
	statusCanceled    = "CANCELED"    // of an instance: withdrawn
	statusDeleted     = "DELETED"     // of an instance
	statusTransferred = "TRANSFERRED" // of a task: handed on
	statusDone        = "DONE"        // of a task: not needed any more
)

// Types of a task: how its node is decided.
const (
	typeAnd        = "AND"
	typeOr         = "OR"
	typeSequential = "SEQUENTIAL"
	typeAutoPass   = "AUTO_PASS"
	typeAutoReject = "AUTO_REJECT"
)

// An instance is an instance as Lark tells it.
type instance struct {
	Code       string  `json:"instance_code"`
	Definition string  `json:"approval_code"`
	UUID       string  `json:"uuid"`
	Status     string  `json:"status"`
	Reverted   bool    `json:"reverted"` // an approval that was taken back
	UserID     string  `json:"user_id"`  // of the initiator
	OpenID     string  `json:"open_id"`
	Tasks      []task  `json:"task_list"`
	Timeline   []entry `json:"timeline"`
}

func (i *instance) id(t IDType) string { return pick(t, i.UserID, i.OpenID) }

// A task is what one approver was asked in one node.
type task struct {
	ID     string `json:"id"`
	UserID string `json:"user_id"` // empty if it decided itself
	OpenID string `json:"open_id"`
	Status string `json:"status"`
	NodeID string `json:"node_id"`
	Custom string `json:"custom_node_id"`
	Type   string `json:"type"`
	Start  millis `json:"start_time"`
	End    millis `json:"end_time"` // 0: not ended
}

func (t *task) id(by IDType) string { return pick(by, t.UserID, t.OpenID) }

// An entry says what happened to an instance.
type entry struct {
	Type    string `json:"type"`
	Task    string `json:"task_id"`
	Comment string `json:"comment"`
}

// exchanges reports whether other people approve from then on than were asked first.
func (e *entry) exchanges() bool {
	return e.Type == "TRANSFER" || e.Type == "DELETE_APPROVER" || strings.HasPrefix(e.Type, "ADD_APPROVER")
}

func pick(t IDType, userID, openID string) string {
	if t == UserID {
		return userID
	}
	return openID
}

// millis is an instant in milliseconds of Unix time, which Lark writes as a string and
// sometimes as a number.
type millis int64

// UnmarshalJSON reads both forms; an empty string and null are 0.
func (m *millis) UnmarshalJSON(text []byte) error {
	s := strings.Trim(string(text), `"`)
	if s == "" || s == "null" {
		*m = 0
		return nil
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || n >= 253_402_300_800_000 { // the year 10000
		return errors.New("not a time in milliseconds")
	}
	*m = millis(n)
	return nil
}

func (m millis) time() time.Time { return time.UnixMilli(int64(m)).UTC() }
