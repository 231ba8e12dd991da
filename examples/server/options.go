package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"time"
)

const usage = `Server serves release plans and workflows in the REST dialects of Automic, Zadig and Unleash.

usage: server [flags]

  -addr ADDRESS     where to listen; default: 127.0.0.1:8080; with port 0 a free one
  -db FILE|URL      where to keep everything: FILE (SQLite) or postgres://… (PostgreSQL; a
                    password can be in PGPASSWORD instead); default: penstock.db
  -tokens FILE      who may ask, in JSON; default: one token that is made for this run
  -shell DIR        let freestyle jobs run scripts on this machine, below DIR; default: they are refused.
                    Who may write a workflow can then do what this process can
  -approvals FILE   where approvals are given besides here, in JSON: in Lark and DingTalk
  -calendars FILE   when plans may not go on, in JSON; default: never
  -webhook URL      who is sent what the listeners of plans are to hear, signed with the key in
                    PENSTOCK_WEBHOOK_SECRET (whsec_…); default: it is kept, and nobody is told
  -drain DURATION   how long requests and jobs may take to end after a signal; default: 15s
  -linger DURATION  how long to go on before that, while readiness says no already; default: 0s
  -requests N       requests at the same time, and as many that follow a log; more are answered
                    with 503; default: 1024
  -log LEVEL        debug, info, warn or error; default: info

Traces are sent if OTEL_EXPORTER_OTLP_ENDPOINT is set. Metrics for Prometheus are at /metrics, health
at /healthz, readiness at /readyz, the OpenAPI descriptions at /api/data/v1/openapi.json,
/openapi/openapi.json and /api/admin/openapi.json: all of these for everybody.

A file of tokens:

  {"people":  [{"token": "…", "id": "ann", "name": "Ann", "email": "ann@example.org", "groups": ["sre"],
                "admin": false, "rights": ["read", "edit", "execute", "approve", "delete"],
                "folders": ["DEFAULT"], "projects": ["shop"]}],
   "clients": [{"token": "…", "environment": "production", "projects": ["shop"]}]}

Rights, folders and projects that are not given are all; an empty list is none. Tokens have at least
16 characters. What a plan does with workflows may be done by both who made it and who edited it last.

A file of approvals; people have there the ids that they have here. The events of an app are taken at
/api/callback/approval/lark, …/lark_intl and …/dingtalk, and then "every" can be minutes:

  {"lark":     {"app_id": "…", "app_secret": "…", "encrypt_key": "…", "verification_token": "…", "id_type": "open_id",
                "definitions": [{"app": "", "code": "…", "nodes": [{"key": "…", "need": "any"}]}], "every": "5m"},
   "dingtalk": {"app_key": "…", "app_secret": "…", "process_code": "…", "callback_token": "…", "callback_key": "…", "every": "5m"}}

A file of calendars; one can be an iCalendar file, too:

  {"calendars": [{"name": "year end", "zone": "Europe/Berlin", "exempt": ["rollback"],
                  "blackouts": [{"from": "12-20", "to": "01-06", "yearly": true}]},
                 {"name": "holidays", "zone": "Europe/Berlin", "file": "holidays.ics"}]}

exit status: 0 ended by a signal; 1 failed; 2 wrong usage
`

// options are what the command line says.
type options struct {
	addr, db, tokens, shell       string
	approvals, calendars, webhook string
	drain, linger                 time.Duration
	requests                      int
	level                         slog.Level
	times                         times
}

// times are how long things may take. The command line does not say so.
type times struct {
	header time.Duration // the header of a request
	read   time.Duration // all of a request: a client that sends slower is not waited for
	answer time.Duration // to decide on the answer
	write  time.Duration // from the header to the end of the answer; logs that are followed put it off
	idle   time.Duration // until the next request of a connection
	lease  time.Duration // until another process takes over what one that is silent carried out
}

// parse reads the command line. A status that is not negative is to exit with.
func parse(args []string, stderr io.Writer) (o options, status int) {
	o.times = times{header: 5 * time.Second, read: 30 * time.Second, answer: 25 * time.Second, write: time.Minute, idle: 2 * time.Minute, lease: 15 * time.Second}
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() { _, _ = io.WriteString(flags.Output(), usage) }
	flags.StringVar(&o.addr, "addr", "127.0.0.1:8080", "")
	flags.StringVar(&o.db, "db", "penstock.db", "")
	flags.StringVar(&o.tokens, "tokens", "", "")
	flags.StringVar(&o.shell, "shell", "", "")
	flags.StringVar(&o.approvals, "approvals", "", "")
	flags.StringVar(&o.calendars, "calendars", "", "")
	flags.StringVar(&o.webhook, "webhook", "", "")
	flags.DurationVar(&o.drain, "drain", 15*time.Second, "")
	flags.DurationVar(&o.linger, "linger", 0, "")
	flags.IntVar(&o.requests, "requests", 1024, "")
	flags.TextVar(&o.level, "log", slog.LevelInfo, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		return o, 0
	case err != nil:
		return o, 2
	case flags.NArg() > 0:
		_, _ = fmt.Fprintf(stderr, "%q is not understood; see -h\n", flags.Arg(0))
		return o, 2
	case o.drain < 0 || o.linger < 0 || o.requests < 1:
		_, _ = fmt.Fprintln(stderr, "-drain and -linger must not be negative, and -requests must be at least 1; see -h")
		return o, 2
	case o.db == "":
		_, _ = fmt.Fprintln(stderr, "-db must name a file or a URL; see -h")
		return o, 2
	}
	return o, -1
}
