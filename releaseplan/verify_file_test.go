package releaseplan_test

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
)

// vExported returns the lines of a trail of n entries, each with its line feed.
func vExported(t testing.TB, n int, seal func([]byte) []byte) ([]string, releaseplan.Proof) {
	t.Helper()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	s := releaseplan.New(releaseplan.Config{Store: memory.New(), Seal: seal, Now: func() time.Time { return now }})
	p, err := s.Create(t.Context(), releaseplan.Content{Name: "plan"}, cAnn)
	for i := 1; err == nil && i < n; i++ {
		now = now.Add(time.Minute)
		_, err = s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: "hello"}, cAnn)
	}
	if err != nil {
		t.Fatal(err)
	}
	var file strings.Builder
	proof, err := s.ExportTrail(t.Context(), p.ID(), releaseplan.TrailJSONL, &file, cAnn)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(file.String(), "\n")
	return lines[:len(lines)-1], proof
}

// vFault returns the fault of an exported trail.
func vFault(lines []string, known releaseplan.TrailFile) *releaseplan.TrailError {
	_, err := releaseplan.VerifyTrail(strings.NewReader(strings.Join(lines, "")), known)
	fault, _ := errors.AsType[*releaseplan.TrailError](err)
	return fault
}

// A trail in a file is proven as one in a store is, where places are lines.
func TestVerifyTrailNamesTheFirstFault(t *testing.T) {
	t.Parallel()
	sound, proof := vExported(t, 9, nil)
	for name, c := range map[string]struct {
		do   func(lines []string, i int) []string
		kind releaseplan.TrailFault
		seq  int // from the line on
		room int
	}{
		"altered": {func(l []string, i int) []string { l[i] = strings.Replace(l[i], `"by":`, `"by": `, 1); return l }, releaseplan.TrailAltered, 0, 0},
		"removed": {func(l []string, i int) []string { return slices.Delete(l, i, i+1) }, releaseplan.TrailMissing, 0, 0},
		"cut off": {func(l []string, i int) []string { return l[:i] }, releaseplan.TrailMissing, 0, 0},
		"doubled": {func(l []string, i int) []string { return slices.Insert(l, i, l[i]) }, releaseplan.TrailAdded, 1, 0},
		"empty":   {func(l []string, i int) []string { return slices.Insert(l, i, "\n") }, releaseplan.TrailAdded, 0, 0},
		"garbage": {func(l []string, i int) []string { l[i] = "{\n"; return l }, releaseplan.TrailAltered, 0, 0},
		"swapped": {func(l []string, i int) []string { l[i], l[i+1] = l[i+1], l[i]; return l }, releaseplan.TrailReordered, 0, 1},
		"moved": {func(l []string, i int) []string {
			return append(slices.Delete(l, i, i+1), l[i])
		}, releaseplan.TrailReordered, 0, 1},
	} {
		for i := range sound {
			if i+c.room >= len(sound) {
				continue
			}
			line := sound[i]
			lines := c.do(slices.Clone(sound), i)
			if name == "moved" {
				lines[len(lines)-1] = line
			}
			if fault := vFault(lines, releaseplan.TrailFile{Head: proof.Head}); fault == nil || fault.Kind != c.kind || fault.Seq != int64(i+c.seq+1) {
				t.Errorf("%s at %d: want %s %d: %v", name, i+1, c.kind, i+c.seq+1, fault)
			}
		}
	}
	for i := range sound { // the rest of it, from any line on
		var from releaseplan.Checkpoint
		if i > 0 {
			from = releaseplan.Checkpoint{Seq: int64(i), Hash: fmt.Sprintf("%x", sha256.Sum256([]byte(strings.TrimSuffix(sound[i-1], "\n"))))}
		}
		if fault := vFault(sound[i:], releaseplan.TrailFile{From: from, Head: proof.Head}); fault != nil {
			t.Errorf("from %d: %v", i, fault)
		}
		if fault := vFault(sound[:i], releaseplan.TrailFile{}); fault != nil {
			t.Errorf("up to %d, where nobody knows the end: %v", i, fault)
		}
		from = releaseplan.Checkpoint{Seq: int64(i + 1), Hash: "00"}
		if fault := vFault(sound[i+1:], releaseplan.TrailFile{From: from, Head: proof.Head}); fault == nil || fault.Kind != releaseplan.TrailAltered || fault.Seq != int64(i+1) {
			t.Errorf("behind another entry %d: %v", i+1, fault)
		}
	}
}

func TestVerifyTrailOfBadFiles(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken pipe")
	for name, c := range map[string]struct {
		r    io.Reader
		kind error
	}{
		"a line without end":   {io.MultiReader(strings.NewReader(strings.Repeat("x", store.MaxBody)), strings.NewReader("yyyyyyyyyyyyyyyyyyyyyyyyyy")), penstock.ErrInvalid},
		"a reader that breaks": {iotest.ErrReader(broken), broken},
		"no trail":             {strings.NewReader("hello\nworld\n"), releaseplan.ErrTampered},
	} {
		if _, err := releaseplan.VerifyTrail(c.r, releaseplan.TrailFile{}); !errors.Is(err, c.kind) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := releaseplan.VerifyTrail(strings.NewReader(""), releaseplan.TrailFile{From: releaseplan.Checkpoint{Seq: 1}}); !errors.Is(err, penstock.ErrInvalid) {
		t.Errorf("from a place without a hash: %v", err)
	}
	lines, proof := vExported(t, 3, nil)
	file := strings.TrimSuffix(strings.Join(lines, ""), "\n")
	if _, err := releaseplan.VerifyTrail(iotest.OneByteReader(strings.NewReader(file)), releaseplan.TrailFile{Head: proof.Head}); err != nil {
		t.Errorf("without the last line feed, byte by byte: %v", err)
	}
}

// Keys follow each other in time; what was sealed by an earlier one stays proven.
func TestHMACKeysFollowEachOther(t *testing.T) {
	t.Parallel()
	old := releaseplan.SealKey{Key: []byte("0123456789abcdef")}
	next := releaseplan.SealKey{From: time.Date(2026, 3, 2, 9, 5, 0, 0, time.UTC), Key: []byte("fedcba9876543210")}
	seal := func(keys ...releaseplan.SealKey) func([]byte) []byte {
		f, err := releaseplan.HMAC(keys...)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	both := seal(old, next)
	lines, proof := vExported(t, 9, both)
	for name, c := range map[string]struct {
		seal func([]byte) []byte
		seq  int64 // of the fault; 0: none
	}{
		"both": {both, 0}, "old": {seal(old), 7}, "next": {seal(next), 2}, "none": {nil, 2},
	} {
		fault := vFault(lines, releaseplan.TrailFile{Head: proof.Head, Seal: c.seal})
		if (fault == nil) != (c.seq == 0) || fault != nil && fault.Seq != c.seq {
			t.Errorf("%s: %v", name, fault)
		}
	}
	for name, keys := range map[string][]releaseplan.SealKey{
		"none":     nil,
		"short":    {{Key: []byte("secret")}},
		"no order": {next, old},
		"twice":    {next, next},
	} {
		if _, err := releaseplan.HMAC(keys...); !errors.Is(err, penstock.ErrInvalid) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v %s", old, old, old, []releaseplan.SealKey{next}); strings.Contains(text, "0123") || strings.Contains(text, "fedc") || strings.Contains(text, "48") {
		t.Errorf("a key shows: %s", text)
	}
}

// Whatever a file holds, it is proven only if it is the one that was exported.
func FuzzVerifyTrail(f *testing.F) {
	lines, proof := vExported(f, 4, nil)
	sound := strings.Join(lines, "")
	f.Add([]byte(sound))
	f.Add([]byte(strings.Replace(sound, `"seq":2`, `"seq":3`, 1)))
	f.Add([]byte("{\"seq\":1,\"prev\":\"\"}\n"))
	f.Add([]byte(`{"seq":1,"prev":"`))
	f.Fuzz(func(t *testing.T, file []byte) {
		_, err := releaseplan.VerifyTrail(bytes.NewReader(file), releaseplan.TrailFile{Head: proof.Head})
		same := strings.TrimSuffix(string(file), "\n") == strings.TrimSuffix(sound, "\n")
		if (err == nil) != same || err != nil && !errors.Is(err, releaseplan.ErrTampered) {
			t.Errorf("%v: %q", err, file)
		}
	})
}
