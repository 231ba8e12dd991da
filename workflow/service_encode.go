package workflow

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
)

// What every commit of a run writes is appended by hand: the same JSON as that of
// encoding/json, which reads it, in a fraction of its time.

// A jsonWriter appends members to objects. The zero members are left out.
type jsonWriter struct {
	b   []byte
	err error // the first of a value that another package writes
}

// open begins an object; a name is that of the member that it is.
func (w *jsonWriter) open(name string) {
	w.name(name)
	w.b = append(w.b, '{')
}

func (w *jsonWriter) close() { w.b = append(w.b, '}') }

// name writes the name of a member, with the comma that goes before; "" if it is
// an element of a list or the whole.
func (w *jsonWriter) name(name string) {
	if n := len(w.b); n > 0 && w.b[n-1] != '{' && w.b[n-1] != '[' && w.b[n-1] != ':' {
		w.b = append(w.b, ',')
	}
	if name != "" {
		w.b = append(append(append(w.b, '"'), name...), '"', ':')
	}
}

func (w *jsonWriter) text(name, value string) {
	if value != "" {
		w.name(name)
		w.b = appendQuoted(w.b, strings.ToValidUTF8(value, "�"))
	}
}

func (w *jsonWriter) number(name string, n int64) {
	if n != 0 {
		w.always(name, n)
	}
}

func (w *jsonWriter) always(name string, n int64) {
	w.name(name)
	w.b = strconv.AppendInt(w.b, n, 10)
}

func (w *jsonWriter) time(name string, at time.Time) {
	if !at.IsZero() {
		w.name(name)
		w.b = append(at.AppendFormat(append(w.b, '"'), time.RFC3339Nano), '"')
	}
}

// other writes a value that writes itself.
func (w *jsonWriter) other(name string, value any) {
	body, err := json.Marshal(value)
	if err != nil && w.err == nil {
		w.err = err
	}
	w.name(name)
	w.b = append(w.b, body...)
}

func (w *jsonWriter) party(name string, p *penstock.Party) {
	if p.IsZero() {
		return
	}
	w.open(name)
	w.text("type", string(p.Type))
	w.text("id", p.ID)
	w.text("name", p.Name)
	w.text("identity_type", p.IdentityType)
	w.close()
}

func (w *jsonWriter) stamp(name string, s *Stamp) {
	w.open(name)
	w.party("by", &s.By)
	w.time("at", s.At)
	w.close()
}

func (w *jsonWriter) stampIfSet(name string, s *Stamp) {
	if *s != (Stamp{}) {
		w.stamp(name, s)
	}
}

func (w *jsonWriter) stage(s *StageStatus) {
	w.open("")
	w.time("started", s.Started)
	w.time("ended", s.Ended)
	w.stampIfSet("executed", &s.Executed)
	w.time("granted", s.Granted)
	if s.Request != nil {
		w.other("approval", s.Request)
	}
	w.close()
}

func (w *jsonWriter) job(name string, s *JobStatus) {
	w.open(name)
	w.text("state", string(s.State))
	if s.Attempt != (Attempt{}) {
		w.open("attempt")
		w.name("id")
		w.b = appendQuoted(w.b, strings.ToValidUTF8(s.Attempt.ID, "�"))
		w.text("lease", s.Attempt.Lease)
		if s.Attempt.Ended {
			w.name("ended")
			w.b = append(w.b, "true"...)
		}
		w.close()
	}
	w.number("count", int64(s.Count))
	w.number("failures", int64(s.Failures))
	w.time("started", s.Started)
	w.time("ended", s.Ended)
	w.time("not_before", s.NotBefore)
	w.time("deadline", s.Deadline)
	w.text("error", s.Error)
	w.text("result", string(s.Result))
	w.text("stopping", string(s.Stopping))
	w.stampIfSet("decided", &s.Decided)
	if s.Request != nil {
		w.other("approval", s.Request)
	}
	w.close()
}

func (w *jsonWriter) status(name string, s *RunStatus, jobs []*JobStatus) {
	w.open(name)
	w.name("state")
	w.b = appendQuoted(w.b, strings.ToValidUTF8(string(s.State), "�"))
	w.stamp("created", &s.Created)
	w.name("updated")
	w.b = append(s.Updated.AppendFormat(append(w.b, '"'), time.RFC3339Nano), '"')
	w.time("queued", s.Queued)
	w.time("started", s.Started)
	w.time("ended", s.Ended)
	w.number("retries", int64(s.Retries))
	w.text("remark", s.Remark)
	w.stampIfSet("canceler", &s.Canceler)
	if len(s.Retract) > 0 {
		w.other("retract", s.Retract)
	}
	if s.Forgotten {
		w.name("forgotten")
		w.b = append(w.b, "true"...)
	}
	w.name("stages")
	w.b = append(w.b, '[')
	for i := range s.Stages {
		w.stage(&s.Stages[i])
	}
	w.b = append(w.b, ']')
	w.list("jobs", jobs)
	w.always("changes", s.Changes)
	w.close()
}

// encodeHeader is json.Marshal for a runHeader with the jobs; it appends to b, which is empty.
func encodeHeader(b []byte, h *runHeader, jobs []*JobStatus) ([]byte, error) {
	w := jsonWriter{b: b}
	w.open("")
	w.name("workflow")
	w.b = appendQuoted(w.b, strings.ToValidUTF8(h.Workflow, "�"))
	w.always("number", h.Number)
	w.always("version", h.Version)
	w.name("commit")
	w.b = appendQuoted(w.b, strings.ToValidUTF8(h.Commit, "�"))
	w.status("status", &h.Status, jobs)
	w.close()
	return w.b, w.err
}

// encodeEntry is json.Marshal for a RunEntry; it appends to b, which is empty.
func encodeEntry(b []byte, seq int64, commit string, c *Change) ([]byte, error) {
	w := jsonWriter{b: b}
	w.open("")
	w.always("seq", seq)
	w.name("commit")
	w.b = appendQuoted(w.b, strings.ToValidUTF8(commit, "�"))
	w.open("change")
	w.name("kind")
	w.b = appendQuoted(w.b, strings.ToValidUTF8(string(c.Kind), "�"))
	w.name("at")
	w.b = append(c.At.AppendFormat(append(w.b, '"'), time.RFC3339Nano), '"')
	w.party("by", &c.By)
	w.text("action", string(c.Action))
	w.text("from", c.From)
	w.text("to", c.To)
	w.text("remark", c.Remark)
	w.text("stage", c.Stage)
	w.text("job", c.Job)
	if c.Status != nil {
		w.job("status", c.Status)
	}
	if len(c.Outputs) > 0 {
		w.other("outputs", c.Outputs)
	}
	if c.Request != nil {
		w.other("approval", c.Request)
	}
	w.text("vote", string(c.Vote))
	w.text("instance", c.Instance)
	w.number("inputs", int64(c.Inputs))
	w.close()
	w.close()
	return w.b, w.err
}
