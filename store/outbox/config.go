package outbox

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// A Route says who is told what about an event: a message for each, in the
// order in which they are sent; none is fine. Of a message it sets Channel, To, Title, Text and
// Data; the dispatcher sets ID and Position, and what is left empty of Subject, Seq, Event and At from the event.
//
// A Route may be asked about an event again, by another process too; one of its answers
// counts, as a whole. After an error it is asked again later, until MaxAge has passed, unless the
// error is [Permanent]; meanwhile later events wait. If it panics that is tried as often as Attempts says. A
// message that cannot be stored is a Permanent error: one beyond [MaxMessage], without a channel, with
// data that is no JSON, or with a time outside the years 1 to 9999.
type Route func(ctx context.Context, e store.Event) ([]Message, error)

// Config is what a Dispatcher is made of. Zero values mean the defaults.
type Config struct {
	Store     store.Store         // where the events are and the messages wait; required
	Name      string              // of the dispatcher, one of several in a store: letters, digits, '.', '_' and '-'; default: "default"
	Route     Route               // who is told what; Run requires it
	Notifiers map[string]Notifier // by channel; Run requires one or more

	FromStart bool // begin with the first event of the log; otherwise with the first one after Register, or the first Run

	Workers     int           // messages on their way at the same time; default: 32
	PerReceiver int           // those to one receiver, fewer while it fails; default: half of Workers, at least 1
	Attempts    int           // tries before a message is given up; default: 20
	MaxAge      time.Duration // how long a message is tried, from its first attempt, and an event is routed; a failure after that is the last; default: 24 h
	MinBackoff  time.Duration // bound of the wait after the first failure; it doubles each time; default: 1 s
	MaxBackoff  time.Duration // bound of any wait that the receiver did not ask for; default: 15 min
	Timeout     time.Duration // of one attempt, and of one question to the store; default: 30 s
	Backlog     int           // undelivered messages, of all receivers together, at which events are left in the log; default: 100,000
	Poll        time.Duration // how often to look for what no Waker tells of; default: 1 s
	TTL         time.Duration // how long another process may be silent before it is taken for dead, unless its own TTL is longer; default: 15 s

	Log  *slog.Logger     // default: none
	Now  func() time.Time // for times that are stored and shown; default: time.Now
	Rand func() float64   // jitter, in [0, 1); safe for concurrent use; default: math/rand/v2
}

// maxName bounds the name of a dispatcher, in bytes.
const maxName = 64

// complete returns c with its defaults in place, or every fault of it.
func (c Config) complete() (Config, error) {
	var faults []error
	fault := func(field, format string, args ...any) {
		faults = append(faults, penstock.Invalid(field, format, args...))
	}
	if c.Store == nil {
		fault("store", "must not be nil")
	}
	if c.Name == "" {
		c.Name = "default"
	}
	if !validName(c.Name) {
		fault("name", "must be up to %d letters, digits, '.', '_' or '-'", maxName)
	}
	for channel, n := range c.Notifiers {
		if channel == "" {
			fault("notifiers", "must not have the empty channel")
		}
		if n == nil {
			fault("notifiers["+channel+"]", "must not be nil")
		}
	}
	count := func(field string, n *int, preset int) {
		if *n < 0 {
			fault(field, "must not be negative")
		} else if *n == 0 {
			*n = preset
		}
	}
	count("workers", &c.Workers, 32)
	count("per_receiver", &c.PerReceiver, max(1, c.Workers/2))
	count("attempts", &c.Attempts, 20)
	count("backlog", &c.Backlog, 100_000)
	span := func(field string, d *time.Duration, preset time.Duration) {
		if *d < 0 {
			fault(field, "must not be negative")
		} else if *d == 0 {
			*d = preset
		}
	}
	span("max_age", &c.MaxAge, 24*time.Hour)
	span("min_backoff", &c.MinBackoff, time.Second)
	span("max_backoff", &c.MaxBackoff, max(15*time.Minute, c.MinBackoff))
	span("timeout", &c.Timeout, 30*time.Second)
	span("poll", &c.Poll, time.Second)
	span("ttl", &c.TTL, 15*time.Second)
	if c.MinBackoff > 0 && c.MaxBackoff > 0 && c.MaxBackoff < c.MinBackoff {
		fault("max_backoff", "must not be less than min_backoff")
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Rand == nil {
		c.Rand = rand.Float64
	}
	return c, errors.Join(faults...)
}

// runnable returns every fault that keeps c from being run.
func (c *Config) runnable() error {
	var faults []error
	if c.Route == nil {
		faults = append(faults, penstock.Invalid("route", "must not be nil"))
	}
	if len(c.Notifiers) == 0 {
		faults = append(faults, penstock.Invalid("notifiers", "must not be empty"))
	}
	return errors.Join(faults...)
}

func validName(s string) bool {
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '.', r == '_', r == '-':
		default:
			return false
		}
	}
	return s != "" && len(s) <= maxName
}
