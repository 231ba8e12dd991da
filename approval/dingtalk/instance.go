package dingtalk

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/penstock-go/penstock/internal/excerpt"
)

// An instance is what DingTalk tells of one.
type instance struct {
	Status  string   `json:"status"`
	Result  string   `json:"result"`
	Action  string   `json:"bizAction"`
	Tasks   []task   `json:"tasks"`
	Records []record `json:"operationRecords"`
	Form    []Field  `json:"formComponentValues"`
}

// A task is one approver being asked.
type task struct {
	User   string `json:"userId"`
	Status string `json:"status"`
	Result string `json:"result"`
}

// A record is something that somebody did.
type record struct {
	User   string `json:"userId"`
	Date   moment `json:"date"`
	Type   string `json:"type"`
	Result string `json:"result"`
	Remark string `json:"remark"`
}

// The states of an instance, and its results.
const (
	statusNew        = "NEW"
	statusRunning    = "RUNNING"
	statusTerminated = "TERMINATED"
	statusCompleted  = "COMPLETED"
	statusCanceled   = "CANCELED"

	resultAgree  = "agree"
	resultRefuse = "refuse"
)

// closed reports whether the instance has come to its end. A status that is not
// known is an error.
func (i *instance) closed() (bool, error) {
	switch i.Status {
	case statusNew, statusRunning:
		return false, nil
	case statusTerminated, statusCompleted, statusCanceled:
		return true, nil
	default:
		return false, fmt.Errorf("dingtalk: an instance with the unknown status %q", excerpt.Line(i.Status, 40))
	}
}

// copied reports whether the instance was made from another one, with its form.
func (i *instance) copied() bool { return i.Action == "MODIFY" || i.Action == "REVOKE" }

// reference returns what the form carries.
func (i *instance) reference(name, key string) (reference, error) {
	for _, f := range i.Form {
		if f.Name == name {
			return unseal(f.Value, key)
		}
	}
	return reference{}, errUnsealed
}

// A moment is a time as DingTalk writes it: to the minute, the second, or in
// milliseconds since 1970. What is no time is the zero time.
type moment struct{ time.Time }

func (m *moment) UnmarshalJSON(text []byte) error {
	m.Time = time.Time{}
	var ms int64
	if json.Unmarshal(text, &ms) == nil {
		if ms > 0 {
			m.Time = time.UnixMilli(ms).UTC()
		}
		return nil
	}
	s := strings.Trim(string(text), `"`)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00"} {
		if at, err := time.Parse(layout, s); err == nil {
			m.Time = at.UTC()
			return nil
		}
	}
	return nil
}
