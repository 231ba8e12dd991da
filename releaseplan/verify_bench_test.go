package releaseplan_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/store/memory"
)

// vBusy is a plan of 10 x 20 tasks with a trail of n entries.
func vBusy(b *testing.B, n int64, seal func([]byte) []byte) (*releaseplan.Service, *releaseplan.Plan) {
	b.Helper()
	s := releaseplan.New(releaseplan.Config{Store: memory.New(), Now: time.Now, Seal: seal})
	p := cRunning(b, s, cContent("bench", 10, 20, releaseplan.Parallel))
	for i := 0; p.Status().Changes < n; i++ {
		c := releaseplan.Command{Action: releaseplan.Hold, Task: p.Tasks()[i/2%20].ID, Remark: "because"}
		if i%2 == 1 {
			c.Action = releaseplan.Release
		}
		var err error
		if p, err = s.Do(b.Context(), p.ID(), c, cAnn); err != nil {
			b.Fatal(err)
		}
	}
	return s, p
}

// BenchmarkVerify proves a trail of 10,000 entries, also together with the plan, sealed, and from a file.
func BenchmarkVerify(b *testing.B) {
	const n = 10_000
	hash := func(event []byte) []byte {
		mac := hmac.New(sha256.New, []byte("the key of the host"))
		mac.Write(event)
		return mac.Sum(nil)
	}
	for name, seal := range map[string]func([]byte) []byte{"": nil, "/sealed": hash} {
		s, p := vBusy(b, n, seal)
		var file bytes.Buffer
		head, err := s.ExportTrail(b.Context(), p.ID(), releaseplan.TrailJSONL, &file, cAnn)
		if err != nil {
			b.Fatal(err)
		}
		for what, prove := range map[string]func() (releaseplan.Proof, error){
			"chain": func() (releaseplan.Proof, error) { return s.Verify(context.Background(), p.ID(), cAnn) },
			"state": func() (releaseplan.Proof, error) { return s.VerifyState(context.Background(), p.ID(), cAnn) },
			"file": func() (releaseplan.Proof, error) {
				return releaseplan.VerifyTrail(bytes.NewReader(file.Bytes()), releaseplan.TrailFile{Head: head.Head, Seal: seal})
			},
			"jsonl": func() (releaseplan.Proof, error) {
				return s.ExportTrail(context.Background(), p.ID(), releaseplan.TrailJSONL, io.Discard, cAnn)
			},
			"csv": func() (releaseplan.Proof, error) {
				return s.ExportTrail(context.Background(), p.ID(), releaseplan.TrailCSV, io.Discard, cAnn)
			},
		} {
			b.Run(what+name, func(b *testing.B) {
				b.ReportAllocs()
				events := int64(0)
				for b.Loop() {
					proof, err := prove()
					if err != nil || proof.Entries != p.Status().Changes {
						b.Fatal(proof, err)
					}
					events += proof.Entries
				}
				b.ReportMetric(float64(events)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}

// BenchmarkAt tells how a plan with 1,000 entries was amid them.
func BenchmarkAt(b *testing.B) {
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	s := releaseplan.New(releaseplan.Config{Store: memory.New(), Now: func() time.Time { return now }})
	p := cRunning(b, s, cContent("bench", 10, 20, releaseplan.Parallel))
	half := now.Add(500 * time.Minute)
	for i := range 1_000 {
		now = now.Add(time.Minute)
		if _, err := s.Do(b.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Comment, Remark: fmt.Sprint(i)}, cAnn); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.At(b.Context(), p.ID(), half, penstock.Actor{ID: "ann"}); err != nil {
			b.Fatal(err)
		}
	}
}
