package arp_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/arp"
	"github.com/penstock-go/penstock/store"
)

// A meddled store lets something happen before events are read, or to them.
type meddled struct {
	store.Store
	mu     sync.Mutex
	reads  int
	busy   bool
	before func(read int) error // read counts from 1
	after  func(read int, events []store.Event)
}

func (s *meddled) Events(ctx context.Context, q store.EventQuery) ([]store.Event, error) {
	read := s.count()
	if read > 0 && s.before != nil {
		defer s.meddling(true)()
		if err := s.before(read); err != nil {
			return nil, err
		}
	}
	events, err := s.Store.Events(ctx, q)
	if read > 0 && s.after != nil {
		defer s.meddling(true)()
		s.after(read, events)
	}
	return events, err
}

// count counts the reads but for those of who meddles, which are 0.
func (s *meddled) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy {
		return 0
	}
	s.reads++
	return s.reads
}

// meddling says that what is read now is read by who meddles; the end of it is returned.
func (s *meddled) meddling(busy bool) (end func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = busy
	return func() { s.meddling(false) }
}

func (s *meddled) Prune(ctx context.Context, subject store.Key, through int64) (int64, error) {
	return prune(ctx, s.Store, subject, through)
}

func (s *faulty) Prune(ctx context.Context, subject store.Key, through int64) (int64, error) {
	return prune(ctx, s.Store, subject, through)
}

func prune(ctx context.Context, s store.Store, subject store.Key, through int64) (int64, error) {
	p, ok := s.(store.Pruner)
	if !ok {
		return 0, errors.ErrUnsupported
	}
	return p.Prune(ctx, subject, through)
}

// meddle puts a meddled store under the server.
func (f *fixture) meddle(before func(read int) error, after func(read int, events []store.Event)) {
	f.store.Store = &meddled{Store: f.store.Store, before: before, after: after}
}

// replace alters an entry.
func replace(events []store.Event, seq int64, was, is string) {
	for i := range events {
		if events[i].Seq == seq {
			events[i].Body = bytes.ReplaceAll(events[i].Body, []byte(was), []byte(is))
		}
	}
}

// aged is a plan in the archive with entries of two days: as many comments on each.
func (f *fixture) aged(comments int) *releaseplan.Plan {
	f.t.Helper()
	p := f.basic()
	f.at(begin.Add(time.Hour))
	f.comments(p, comments)
	f.do(p, releaseplan.Command{Action: releaseplan.Archive})
	f.at(begin.AddDate(0, 0, 1).Add(time.Hour))
	f.comments(p, comments)
	return p
}

// prune removes what is older than the second day from the trails of the archive.
func (f *fixture) prune() error {
	_, err := f.plans.Prune(f.t.Context(), begin.AddDate(0, 0, 1), actor(adm))
	return err
}

// checkpointOf is the place in a trail that headers name.
func checkpointOf(t *testing.T, h http.Header, which string) (c releaseplan.Checkpoint) {
	t.Helper()
	if h.Get("Trail-"+which+"-Seq") == "" {
		return c
	}
	seq, err := strconv.ParseInt(h.Get("Trail-"+which+"-Seq"), 10, 64)
	if err != nil || seq < 1 {
		t.Errorf("%s: %q %v", which, h.Get("Trail-"+which+"-Seq"), err)
	}
	return releaseplan.Checkpoint{Seq: seq, Hash: h.Get("Trail-" + which + "-Hash")}
}

// proved fails the test unless a file is the trail that its headers tell of.
func proved(t *testing.T, h http.Header, file []byte) releaseplan.Proof {
	t.Helper()
	head := checkpointOf(t, h, "Head")
	proof, err := releaseplan.VerifyTrail(bytes.NewReader(file), releaseplan.TrailFile{From: checkpointOf(t, h, "From"), Head: head})
	if err != nil || head.Seq == 0 || proof.Head != head {
		t.Errorf("%v: %+v, and the headers tell of %+v", err, proof, head)
	}
	return proof
}

// comments makes a trail longer.
func (f *fixture) comments(p *releaseplan.Plan, n int) {
	f.t.Helper()
	for i := range n {
		f.do(p, releaseplan.Command{Action: releaseplan.Comment, Remark: fmt.Sprintf("=%d", i)})
	}
}

// TestTrailIsAFile: that can be proved by what its headers tell, in the format that is asked for.
func TestTrailIsAFile(t *testing.T) {
	f := newFixture(t)
	p := f.guarded()
	f.comments(p, 3)
	a := f.get(at(p, "/trail")).Want(http.StatusOK)
	if proof := proved(t, a.Header, a.Body); proof.Entries != 4 || bytes.Count(a.Body, []byte("\n")) != 4 {
		t.Errorf("%+v", proof)
	}
	if strings.Contains(string(a.Body), "s3cret") {
		t.Errorf("it tells a secret: %s", a.Body)
	}
	for name, want := range map[string]string{
		"Content-Type": "application/jsonl; charset=utf-8", "Content-Disposition": fmt.Sprintf(`attachment; filename="plan-%d-trail.jsonl"`, p.Number()),
		"Content-Length": strconv.Itoa(len(a.Body)), "X-Content-Type-Options": "nosniff", "Vary": "Accept",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	for _, row := range []struct{ query, accept, want string }{
		{"", "*/*", "jsonl"}, {"", "text/html, */*;q=0.1", "jsonl"}, {"", "text/csv", "csv"}, {"", "text/*", "csv"}, {"", "application/jsonl, text/csv", "jsonl"},
		{"", "application/jsonl;q=0.5, text/csv;q=0.7", "csv"}, {"", "text/csv;q=0, */*", "jsonl"}, {"", "*/*;q=0.5, text/csv", "csv"}, {"", "text/csv;q=x;", "csv"},
		{"", "image/png", "jsonl"}, {"", ";,/,,\"", "jsonl"}, {"?format=jsonl", "text/csv", "jsonl"}, {"?format=csv", "application/jsonl", "csv"}, {"?format=", "text/csv", "csv"},
	} {
		a := f.get(at(p, "/trail"+row.query), "Accept", row.accept).Want(http.StatusOK)
		if got := a.Header.Get("Content-Disposition"); !strings.HasSuffix(got, row.want+`"`) {
			t.Errorf("%q with Accept %q: %q", row.query, row.accept, got)
		}
		if row.want == "jsonl" {
			proved(t, a.Header, a.Body)
			continue
		}
		rows, err := csv.NewReader(bytes.NewReader(a.Body)).ReadAll()
		if err != nil || len(rows) != 5 || rows[4][13] != a.Header.Get("Trail-Head-Hash") || rows[4][10] != "'=2" {
			t.Errorf("%v: %q", err, rows)
		}
	}
	if a := f.Do(http.MethodHead, arp.Base+at(p, "/trail"), nil).Want(http.StatusOK); len(a.Body) > 0 || a.Header.Get("Content-Length") == "0" || checkpointOf(t, a.Header, "Head").Seq != 4 {
		t.Errorf("HEAD: %v %q", a.Header, a.Body)
	}
	f.untouched(func() {
		refused(t, f.get(at(p, "/trail?format=xml")), http.StatusBadRequest, 134541, "Invalid value for parameter format: 'xml'")
		refused(t, f.get("/plans/4711/trail"), http.StatusNotFound, 100001, "The release plan with ID 4711 does not exist")
	})
}

// TestTrailThatWasPruned: the headers also tell what its first entry follows.
func TestTrailThatWasPruned(t *testing.T) {
	f := newFixture(t)
	p := f.aged(3)
	if err := f.prune(); err != nil {
		t.Fatal(err)
	}
	a := f.get(at(p, "/trail")).Want(http.StatusOK)
	if proof := proved(t, a.Header, a.Body); proof.From.Seq != 5 || proof.Entries != 3 {
		t.Errorf("%+v", proof)
	}
}

// TestATrailMayGrowMeanwhile: what is written is what the headers tell of, whatever is added.
func TestATrailMayGrowMeanwhile(t *testing.T) {
	for _, format := range []string{"jsonl", "csv"} {
		t.Run(format, func(t *testing.T) {
			f := newFixture(t)
			p := f.basic()
			f.comments(p, 3)
			f.meddle(func(read int) error {
				if read == 2 { // the second time
					_, err := f.plans.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "late"}, actor(adm))
					return err
				}
				return nil
			}, nil)
			a := f.get(at(p, "/trail?format=", format)).Want(http.StatusOK)
			if format == "jsonl" {
				proved(t, a.Header, a.Body)
			}
			if a.Header.Get("Trail-Head-Seq") != "4" || !strings.Contains(string(a.Body), "=2") || strings.Contains(string(a.Body), "late") || !bytes.HasSuffix(a.Body, []byte("\n")) {
				t.Errorf("%v\n%s", a.Header, a.Body)
			}
			if n := f.reload(p).Status().Changes; n != 5 {
				t.Errorf("the plan has %d changes", n)
			}
		})
	}
}

// TestACutTrailIsNoticed: whatever fails once a trail is being written leaves less than was announced.
func TestACutTrailIsNoticed(t *testing.T) {
	broken := errors.New(inside)
	for name, row := range map[string]struct { // the second time, there are two pages to read
		before func(f *fixture, read int) error
		after  func(read int, events []store.Event)
	}{
		"the store fails": {before: func(_ *fixture, read int) error {
			if read == 4 {
				return broken
			}
			return nil
		}},
		"an entry is altered": {after: func(read int, events []store.Event) {
			if read == 4 {
				replace(events, 300, `"=147"`, `"=741"`)
			}
		}},
		"the trail is pruned": {before: func(f *fixture, read int) error {
			if read == 3 {
				return f.prune()
			}
			return nil
		}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, protocol := range []string{"HTTP/1.0", "HTTP/1.1"} {
				f := newFixture(t)
				p := f.aged(150)
				f.meddle(func(read int) error {
					if row.before == nil {
						return nil
					}
					return row.before(f, read)
				}, row.after)
				f.cut(protocol, at(p, "/trail"))
			}
		})
	}
}

// cut asks for a path in a protocol, and fails the test unless the answer is seen to be cut.
func (f *fixture) cut(protocol, path string) {
	f.t.Helper()
	conn, err := (&net.Dialer{}).DialContext(f.t.Context(), "tcp", strings.TrimPrefix(f.URL, "http://"))
	if err != nil {
		f.t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := fmt.Fprintf(conn, "GET %s%s %s\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", arp.Base, path, protocol, adm); err != nil {
		f.t.Fatal(err)
	}
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if errors.Is(err, io.ErrUnexpectedEOF) { // it was cut before anything was sent
		return
	}
	if err != nil {
		f.t.Fatal(err)
	}
	all, err := io.ReadAll(got.Body)
	_ = got.Body.Close()
	if got.StatusCode != http.StatusOK || !errors.Is(err, io.ErrUnexpectedEOF) || int64(len(all)) >= got.ContentLength {
		f.t.Errorf("%s: status %d, %d of %d bytes, %v", protocol, got.StatusCode, len(all), got.ContentLength, err)
	}
}

// TestATrailPrunedBetween the two times that it is read is not taken for what it was, even if it is as long again.
func TestATrailPrunedBetween(t *testing.T) {
	for name, more := range map[string]int{"shorter": 0, "longer": 20} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			p := f.aged(10)
			f.meddle(nil, func(read int, _ []store.Event) {
				if read == 1 {
					if err := f.prune(); err != nil {
						t.Error(err)
					}
					f.comments(p, more)
				}
			})
			f.cut("HTTP/1.1", at(p, "/trail"))
		})
	}
}

// TestATrailPrunedMeanwhile is proved again: nothing was written yet.
func TestATrailPrunedMeanwhile(t *testing.T) {
	f := newFixture(t)
	p := f.aged(150)
	f.meddle(func(read int) error {
		if read == 1 {
			return f.prune()
		}
		return nil
	}, nil)
	a := f.get(at(p, "/trail")).Want(http.StatusOK)
	if proof := proved(t, a.Header, a.Body); proof.From.Seq != 152 || proof.Entries != 150 {
		t.Errorf("%+v", proof)
	}
}

// TestATrailThatIsAlwaysPruned is not read for ever.
func TestATrailThatIsAlwaysPruned(t *testing.T) {
	f := newFixture(t)
	p := f.basic()
	reads := 0
	f.meddle(func(read int) error { reads = read; return releaseplan.ErrPruned }, nil)
	refused(t, f.get(at(p, "/trail")), http.StatusServiceUnavailable, 134541, "The trail of the release plan is being pruned.")
	if reads != 3 {
		t.Errorf("it was read %d times", reads)
	}
}
