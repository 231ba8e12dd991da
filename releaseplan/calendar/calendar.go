package calendar

import (
	"time"

	"github.com/penstock-go/penstock"
)

// A Calendar says when releases may not go on: outside of its business hours, if it has any,
// and in its blackouts. [NewSet] checks and compiles calendars; a Calendar itself is plain data.
type Calendar struct {
	Name      string     `json:"name"`             // unique in a Set; 1 … 255 characters
	Reason    string     `json:"reason,omitempty"` // for people: why it is closed; at most 1,000 characters
	Zone      string     `json:"zone,omitempty"`   // IANA name of the time zone; default UTC; Local is refused
	Scope     Scope      `json:"scope,omitzero"`   // whom it holds; default: everyone
	Exempt    []string   `json:"exempt,omitempty"` // classes of tasks that it never holds, such as "rollback"
	Hours     []Hours    `json:"hours,omitempty"`  // business hours: outside of them it is closed; none: always open
	Blackouts []Blackout `json:"blackouts,omitempty"`

	// Recurring adds blackouts that are computed, such as those of an iCalendar file.
	Recurring Recurrence `json:"-"`
}

// A Scope says whom a calendar holds. Each member that is not empty must fit.
type Scope struct {
	Folders []string          `json:"folders,omitempty"` // the folder is one of these, by id or by name
	Labels  map[string]string `json:"labels,omitempty"`  // each of these labels is there, with this value
	Classes []string          `json:"classes,omitempty"` // it is a task, and its class one of these; never a plan as a whole
}

// A Subject is who asks whether it may go on: a plan as a whole, or one of its tasks.
type Subject struct {
	Folder penstock.Folder
	Labels map[string]string
	Class  string // of the task; may be empty
	Task   bool   // a task asks, not the plan as a whole
}

// Hours are clock times on days of the week. To is not included. If To is not after From, the
// hours end on the next day; they belong to the day on which they begin.
type Hours struct {
	Days []Weekday `json:"days,omitempty"` // default: every day
	From ClockTime `json:"from,omitempty"` // default 00:00
	To   ClockTime `json:"to,omitempty"`   // default 24:00
}

// A Blackout is a time in which a calendar is closed. It has exactly one of three forms: an
// interval of instants (Start, End), civil dates (From, To), or hours of each week (Weekly).
type Blackout struct {
	Start time.Time `json:"start,omitzero"` // closed from here, cut to microseconds
	End   time.Time `json:"end,omitzero"`   // up to here, not included

	From   Date `json:"from,omitempty"`   // the first day in the calendar's zone
	To     Date `json:"to,omitempty"`     // the last day, included; default From
	Yearly bool `json:"yearly,omitempty"` // every year: From and To have no year, and may go over its end

	Weekly *Hours `json:"weekly,omitempty"`

	Reason string `json:"reason,omitempty"` // default: that of the calendar
}

// An Interval is the time from Start up to End, not included.
type Interval struct {
	Start, End time.Time
	Reason     string // for people; may be empty
}

// A Recurrence is a sequence of intervals that may have no end. It is pure and deterministic,
// and safe for concurrent use.
type Recurrence interface {
	// Next returns, of the intervals that end after t, the one that starts first. It is false if
	// there is none. An interval that does not end after t, or after it starts, ends the
	// sequence.
	Next(t time.Time) (Interval, bool)
}

// A Closure says that a calendar is closed, and until when.
type Closure struct {
	Calendar string    `json:"calendar"`
	Reason   string    `json:"reason,omitempty"` // of the blackout, or else of the calendar
	Until    time.Time `json:"until,omitzero"`   // when this calendar opens; zero: not within the [Horizon]
}

// An Override opens a calendar that is closed, until an end.
type Override struct {
	Calendar string    `json:"calendar,omitempty"` // its name; empty: every calendar
	Until    time.Time `json:"until"`              // before it, the calendar counts as open
}

// Horizon is how far a [Set] looks ahead: some ten years.
const Horizon = 10 * 366 * 24 * time.Hour
