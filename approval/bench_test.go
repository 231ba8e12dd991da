package approval_test

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/approval"
)

// crowd opens a request to n people, all of whom must approve, and returns it
// as it is before the last vote.
func crowd(b *testing.B, n int) (r *approval.Request, last penstock.Actor) {
	var approvers []penstock.Party
	for i := range n {
		approvers = append(approvers, penstock.UserParty(fmt.Sprint("user-", i)))
	}
	r = open(b, opening(policy(approval.Native, approval.Node{Need: approval.All, Approvers: approvers})))
	for _, a := range approvers[:n-1] {
		r = must(b)(r.Vote(yes, actor(a.ID), minutes(1)))
	}
	return r, actor(approvers[n-1].ID)
}

func BenchmarkVote(b *testing.B) {
	for _, n := range []int{3, 50, 500} {
		b.Run(fmt.Sprintf("approvers=%d", n), func(b *testing.B) {
			r, last := crowd(b, n)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := r.Vote(yes, last, minutes(2)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkOpen(b *testing.B) {
	o := opening(policy(approval.Native, node(approval.KOf, 2, "ann", "bob", "cat")))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := approval.Open(o); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkExplain(b *testing.B) {
	r, _ := crowd(b, 50)
	b.ReportAllocs()
	for b.Loop() {
		r.Explain(minutes(2))
	}
}

func BenchmarkMarshal(b *testing.B) {
	r, _ := crowd(b, 3)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := json.Marshal(r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnmarshal(b *testing.B) {
	r, _ := crowd(b, 3)
	text := []byte(stored(b, r))
	b.ReportAllocs()
	for b.Loop() {
		var back approval.Request
		if err := json.Unmarshal(text, &back); err != nil {
			b.Fatal(err)
		}
	}
}
