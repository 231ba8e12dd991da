package main

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
)

// crew is a file of tokens.
const crew = `{"people": [
 {"token": "root-token-000000", "id": "root", "admin": true},
 {"token": "ann-token-0000000", "id": "ann", "name": "Ann", "email": "ann@example.org", "groups": ["sre"], "folders": ["DEFAULT"], "projects": ["shop"]},
 {"token": "bob-token-0000000", "id": "bob", "name": "Bob", "groups": ["sre"], "rights": ["read"]},
 {"token": "eve-token-0000000", "id": "eve", "name": "Eve", "folders": ["OTHER"], "projects": ["other"]}],
"clients": [{"token": "sdk-token-0000000", "environment": "production", "projects": ["shop"]}]}`

func crewed(t *testing.T) *tokens {
	t.Helper()
	c, err := parseTokens([]byte(crew))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestTokensThatAreRefused(t *testing.T) {
	t.Parallel()
	const good = `"token": "hunter2-hunter2-0", "id": "ann"`
	for name, test := range map[string]struct{ text, says string }{
		"empty":           {``, "not the JSON"},
		"no object":       {`[]`, "not the JSON"},
		"nobody":          {`{}`, "nobody may ask"},
		"unknown member":  {`{"people": [{` + good + `, "admn": true}]}`, `unknown field "admn"`},
		"more":            {`{"people": [{` + good + `}]} {}`, "something behind"},
		"short token":     {`{"people": [{"token": "hunter2", "id": "ann"}]}`, "people[0].token: must have at least 16"},
		"same token":      {`{"people": [{` + good + `}], "clients": [{"token": "hunter2-hunter2-0", "environment": "x"}]}`, "clients[0].token: must not be that of another"},
		"space in token":  {`{"people": [{"token": " hunter2-hunter2-0", "id": "ann"}]}`, "space"},
		"no id":           {`{"people": [{"token": "hunter2-hunter2-0"}]}`, "people[0].id"},
		"same id":         {`{"people": [{` + good + `}, {"token": "hunter2-hunter2-1", "id": "ann"}]}`, "people[1].id"},
		"system":          {`{"people": [{"token": "hunter2-hunter2-0", "id": "system"}]}`, "people[0].id"},
		"a plan's id":     {`{"people": [{"token": "hunter2-hunter2-0", "id": "plan:x"}]}`, "people[0].id"},
		"callback":        {`{"people": [{"token": "hunter2-hunter2-0", "id": "zadig:callback"}]}`, "people[0].id"},
		"null for rights": {`{"people": [{` + good + `, "rights": null}]}`, "null is no list"},
		"null of an SDK":  {`{"people": [{` + good + `}], "clients": [{"token": "hunter2-hunter2-1", "environment": "x", "projects": null}]}`, "null is no list"},
		"right":           {`{"people": [{` + good + `, "rights": ["read", "rule"]}]}`, `"rule" is no right`},
		"admin as right":  {`{"people": [{` + good + `, "rights": ["admin"]}]}`, `"admin" is no right`},
		"environment":     {`{"people": [{` + good + `}], "clients": [{"token": "hunter2-hunter2-1"}]}`, "clients[0].environment"},
		"large":           {`{"people": [` + strings.Repeat(" ", maxTokens) + `]}`, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := parseTokens([]byte(test.text))
			if err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%v, want %q", err, test.says)
			}
		})
	}
}

func TestTokensOfAFile(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tokens.json")
	if err := os.WriteFile(file, []byte(crew), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, warns := range map[os.FileMode]bool{0o600: false, 0o400: false, 0o640: true, 0o604: true, 0o620: true} {
		if err := os.Chmod(file, mode); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		c, err := readTokens(file, newLog(&log, 0))
		if err != nil || c.made != "" || len(c.people) != 4 {
			t.Errorf("%v, %v", c, err)
		}
		if got := strings.Contains(log.String(), "chmod 600"); got != warns {
			t.Errorf("%v: %s", mode, &log)
		}
	}
}

// Without a file there is one token, another one each time.
func TestTokensThatAreMade(t *testing.T) {
	t.Parallel()
	a, errA := readTokens("", newLog(t.Output(), 0))
	b, errB := readTokens("", newLog(t.Output(), 0))
	if errA != nil || errB != nil || a.made == b.made || len(a.made) < minToken {
		t.Fatal(errA, errB)
	}
	r := &http.Request{Header: http.Header{"Authorization": {a.made}}}
	if who, err := a.who(r); err != nil || who.ID != "admin" || !who.Admin {
		t.Errorf("%v, %v", who, err)
	}
	if who, err := b.who(r); err == nil {
		t.Errorf("the token of another is %v", who)
	}
	r.Header.Set("Authorization", "*:production."+a.made)
	if c, err := a.client(r); err != nil || c.Environment != "production" {
		t.Errorf("%v, %v", c, err)
	}
}

func TestWhoAsks(t *testing.T) {
	t.Parallel()
	c := crewed(t)
	ann := penstock.Actor{ID: "ann", Name: "Ann", Email: "ann@example.org", Groups: []string{"sre"}}
	for value, want := range map[string]penstock.Actor{
		"ann-token-0000000":          ann,
		"Bearer ann-token-0000000":   ann,
		"bearer  ann-token-0000000 ": ann,
		"root-token-000000":          {ID: "root", Admin: true},
		"":                           {},
		"Bearer":                     {},
		"Bearer ":                    {},
		"ann-token-000000":           {},
		"ann-token-00000000":         {},
		"Basic ann-token-0000000":    {},
		"sdk-token-0000000":          {}, // of an SDK
	} {
		got, err := c.who(&http.Request{Header: http.Header{"Authorization": {value}}})
		if (err == nil) != (want.ID != "") || cmp.Diff(want, got) != "" {
			t.Errorf("%q is %v, %v", value, got, err)
		}
	}
	for value, known := range map[string]bool{"sdk-token-0000000": true, "root-token-000000": false, "": false} {
		if got, err := c.client(&http.Request{Header: http.Header{"Authorization": {value}}}); (err == nil) != known || known && got.Environment != "production" {
			t.Errorf("the SDK of %q is %v, %v", value, got, err)
		}
	}
}
