package releaseplan

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"

	"github.com/penstock-go/penstock/store"
)

// What links an entry stands at its beginning, in the form in which it is
// stored. Nearly all entries are only compared with what they must begin with;
// JSON is read where that does not fit.

// appendHead appends how the entry that follows a place must begin.
func appendHead(b []byte, seq int64, prev []byte) []byte {
	b = append(b, `{"seq":`...)
	b = strconv.AppendInt(b, seq, 10)
	b = append(b, `,"prev":"`...)
	b = append(b, prev...)
	return append(b, `","commit":"`...)
}

// appendKind appends how an entry must go on behind the commit's id.
func appendKind(b []byte, name string, at time.Time) []byte {
	b = append(b, `,"change":{"kind":"`...)
	b = append(b, name...)
	b = append(b, `","at":"`...)
	b = at.AppendFormat(b, time.RFC3339Nano)
	return append(b, '"')
}

// begins reports whether an event's body begins with what links it behind prev, and, if the
// event has columns, with what they say. buf is to be reused.
func begins(e *store.Event, prev []byte, columns bool, buf []byte) (bool, []byte) {
	buf = appendHead(buf[:0], e.Seq, prev)
	rest, ok := bytes.CutPrefix(e.Body, buf)
	if !ok || !columns {
		return ok, buf
	}
	_, rest, ok = bytes.Cut(rest, []byte{'"'})
	buf = appendKind(buf[:0], e.Name, e.At)
	return ok && bytes.HasPrefix(rest, buf), buf
}

// An entryHead is the part of an entry that links it.
type entryHead struct {
	Seq    int64  `json:"seq"`
	Prev   string `json:"prev"`
	Change struct {
		Kind ChangeKind `json:"kind"`
		At   time.Time  `json:"at"`
	} `json:"change"`
}

// readHead reads the links of an entry of any form.
func readHead(body []byte) (h entryHead, ok bool) {
	ok = json.Unmarshal(body, &h) == nil && h.Seq > 0
	return h, ok
}

// agrees reports whether the columns of an event say what its body says.
func (h *entryHead) agrees(e *store.Event) bool {
	return string(h.Change.Kind) == e.Name && h.Change.At.Equal(e.At)
}

// begets reports whether an entry makes the plan with an id: a trail of another plan is a chain too.
func begets(body []byte, id string) bool {
	var e struct {
		Change struct {
			Birth struct {
				ID string `json:"id"`
			} `json:"birth"`
		} `json:"change"`
	}
	return json.Unmarshal(body, &e) == nil && e.Change.Birth.ID == id
}
