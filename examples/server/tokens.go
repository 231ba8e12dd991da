package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"strings"

	"github.com/penstock-go/penstock"
)

// A person is who a token stands for, and what they may do.
type person struct {
	Token    string                `json:"token"`
	ID       string                `json:"id"`
	Name     string                `json:"name"`
	Email    string                `json:"email"`
	Groups   []string              `json:"groups"`
	Admin    bool                  `json:"admin"`
	Rights   limit[penstock.Right] `json:"rights"`
	Folders  limit[string]         `json:"folders"`
	Projects limit[string]         `json:"projects"`
}

// A client is the token of an SDK.
type client struct {
	Token       string        `json:"token"`
	Environment string        `json:"environment"`
	Projects    limit[string] `json:"projects"`
}

// A limit is what a token is good for: everything if it is not given, and nothing if it is empty.
type limit[T comparable] []T

func (l limit[T]) has(one T) bool { return l == nil || slices.Contains(l, one) }

// UnmarshalJSON reads a list. A null is refused: it may be meant as all or as none.
func (l *limit[T]) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return errors.New("null is no list: leave the member out for all, or give [] for none")
	}
	return json.Unmarshal(text, (*[]T)(l))
}

// A digest is what is kept of a token: how long it takes to look one up tells nothing of others.
type digest [sha256.Size]byte

// tokens are who may ask. They are immutable.
type tokens struct {
	people  map[digest]person
	clients map[digest]client
	byID    map[string]person
	made    string // for this run, to be shown once; empty if there is a file
}

const (
	maxTokens = 1 << 20 // bytes of the file
	minToken  = 16      // characters
)

// readTokens reads a file of tokens, or makes a token for this run if it has no name.
func readTokens(file string, log *slog.Logger) (*tokens, error) {
	if file == "" {
		made := rand.Text()
		return newTokens([]person{{Token: made, ID: "admin", Name: "admin", Admin: true}}, []client{{Token: "*:production." + made, Environment: "production"}}, made)
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o077 != 0 {
		log.Warn("others can read or change the file of tokens: chmod 600 it", "file", file, "mode", mode.String())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxTokens+1))
	if err != nil {
		return nil, err
	}
	t, err := parseTokens(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return t, nil
}

func parseTokens(text []byte) (*tokens, error) {
	if len(text) > maxTokens {
		return nil, fmt.Errorf("larger than %d bytes", maxTokens)
	}
	var file struct {
		People  []person `json:"people"`
		Clients []client `json:"clients"`
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&file); err != nil {
		return nil, fmt.Errorf("not the JSON of tokens: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the tokens")
	}
	return newTokens(file.People, file.Clients, "")
}

// newTokens checks the tokens. No error shows one.
func newTokens(people []person, clients []client, made string) (*tokens, error) {
	t := &tokens{people: make(map[digest]person), clients: make(map[digest]client), byID: make(map[string]person), made: made}
	var faults []error
	fault := func(path, format string, args ...any) {
		faults = append(faults, penstock.Invalid(path, format, args...))
	}
	seen := make(map[string]bool)
	check := func(path, token string) digest {
		switch {
		case len(token) < minToken:
			fault(path+".token", "must have at least %d characters", minToken)
		case seen[token]:
			fault(path+".token", "must not be that of another")
		case strings.TrimSpace(token) != token || strings.ContainsAny(token, "\r\n"):
			fault(path+".token", "must not begin or end with space, or have several lines")
		}
		seen[token] = true
		return sha256.Sum256([]byte(token))
	}
	for i, p := range people {
		path := fmt.Sprintf("people[%d]", i)
		if _, twice := t.byID[p.ID]; twice || p.ID == "" || p.ID == penstock.SystemID || p.ID == callbackID || strings.HasPrefix(p.ID, planPrefix) {
			fault(path+".id", "%q must be set, unique, and no name of the library's own", p.ID)
		}
		for _, r := range p.Rights {
			if !slices.Contains(rights(), r) {
				fault(path+".rights", "%q is no right: they are %q", r, rights())
			}
		}
		t.people[check(path, p.Token)], t.byID[p.ID] = p, p
	}
	for i, c := range clients {
		path := fmt.Sprintf("clients[%d]", i)
		if c.Environment == "" {
			fault(path+".environment", "must be set")
		}
		t.clients[check(path, c.Token)] = c
	}
	if len(people) == 0 {
		fault("people", "nobody may ask")
	}
	return t, errors.Join(faults...)
}
