package outbox

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// message returns the item number n about a subject to a receiver.
func message(to, subject string, n int) *item {
	it := &item{id: fmt.Sprintf("%s/%s/%d", to, subject, n), position: int64(n)}
	it.lane = laneKey{receiverKey: receiverKey{"test", to}, kind: "plan", subject: subject}
	return it
}

func TestReceiversAndLanesTakeTurns(t *testing.T) {
	s, now := newSchedule(100), time.Now()
	for n := range 2 {
		for _, at := range []string{"big/a", "big/b", "big/c", "small/a"} {
			to, subject, _ := strings.Cut(at, "/")
			s.add(message(to, subject, n), now, now)
		}
	}
	var sent []string
	var next []*item
	for range 2 {
		for it := s.next(now); it != nil; it = s.next(now) {
			sent, next = append(sent, it.id), append(next, it)
		}
		for _, it := range next {
			s.delivered(it, now)
		}
		next = nil
	}
	want := []string{
		"big/a/0", "small/a/0", "big/b/0", "big/c/0",
		"big/a/1", "small/a/1", "big/b/1", "big/c/1",
	}
	if !slices.Equal(sent, want) {
		t.Errorf("sent %v, want %v", sent, want)
	}
	if s.size != 0 || len(s.lanes) != 0 || len(s.receivers) != 0 {
		t.Errorf("left: %d messages, %d lanes, %d receivers", s.size, len(s.lanes), len(s.receivers))
	}
}

func TestAReceiverThatFailsGetsLess(t *testing.T) {
	s, now := newSchedule(8), time.Now()
	for i := range 100 {
		s.add(message("r", fmt.Sprint(i), 0), now, now)
	}
	send := func() (sent []*item) {
		for it := s.next(now); it != nil; it = s.next(now) {
			sent = append(sent, it)
		}
		return sent
	}
	for round, want := range []int{8, 1, 1} {
		sent := send()
		if len(sent) != want {
			t.Errorf("%d at a time in round %d of failures, want %d", len(sent), round, want)
		}
		for _, it := range sent {
			s.failed(it, now.Add(time.Hour), now, 0)
		}
	}
	for round, want := range []int{1, 2, 4, 8, 8} {
		sent := send()
		if len(sent) != want {
			t.Errorf("%d at a time in round %d of successes, want %d", len(sent), round, want)
		}
		for _, it := range sent {
			s.delivered(it, now)
		}
	}
	s.failed(s.next(now), now, now, time.Minute)
	if it := s.next(now); it != nil {
		t.Errorf("%s is sent to a receiver that asked to be left alone", it.id)
	}
	if due := s.wake(now); !due.Equal(now.Add(time.Minute)) {
		t.Errorf("it is left alone until %v", due.Sub(now))
	}
	now = now.Add(time.Minute)
	s.wake(now)
	if len(send()) == 0 {
		t.Error("it is left alone for ever")
	}
}

// Whatever happens, a lane is in order with one message under way, limits hold, and
// nothing is left that could be sent.
func TestScheduleIsALaneByLaneQueue(t *testing.T) {
	for seed := range uint64(20) {
		dice := rand.New(rand.NewPCG(seed, 1))
		s, now := newSchedule(3), time.Unix(0, 0)
		waiting, under := make(map[laneKey][]*item), make(map[laneKey]*item)
		due := make(map[*item]time.Time)
		busy := make(map[receiverKey]int)
		end := func(it *item) {
			delete(under, it.lane)
			busy[it.lane.receiverKey]--
		}
		for n := range 1_000 {
			now = now.Add(time.Duration(dice.IntN(3)) * time.Second)
			s.wake(now)
			switch dice.IntN(3) {
			case 0:
				it := message(fmt.Sprint(dice.IntN(3)), fmt.Sprint(dice.IntN(5)), n)
				at := now.Add(time.Duration(dice.IntN(5)) * time.Second)
				if len(waiting[it.lane]) == 0 {
					due[it] = at
				}
				waiting[it.lane] = append(waiting[it.lane], it)
				s.add(it, at, now)
			case 1:
				it := s.next(now)
				if it == nil {
					for key, items := range waiting {
						if under[key] == nil && len(items) > 0 && !due[items[0]].After(now) && busy[key.receiverKey] == 0 {
							t.Fatalf("seed %d, step %d: %s could be sent", seed, n, items[0].id)
						}
					}
					continue
				}
				if under[it.lane] != nil || waiting[it.lane][0] != it || due[it].After(now) || busy[it.lane.receiverKey] >= 3 {
					t.Fatalf("seed %d, step %d: %s is sent out of turn", seed, n, it.id)
				}
				under[it.lane] = it
				busy[it.lane.receiverKey]++
			default:
				for key, it := range under {
					end(it)
					switch dice.IntN(3) {
					case 0:
						waiting[key] = waiting[key][1:]
						s.delivered(it, now)
					case 1:
						waiting[key] = waiting[key][1:]
						s.drop(it, now)
					default:
						due[it] = now.Add(time.Duration(dice.IntN(9)) * time.Second)
						s.failed(it, due[it], now, 0)
					}
					break
				}
			}
			size := 0
			for _, items := range waiting {
				size += len(items)
			}
			if s.size != size {
				t.Fatalf("seed %d, step %d: it counts %d messages, want %d", seed, n, s.size, size)
			}
		}
	}
}

func TestBackoffDoublesUpToItsBound(t *testing.T) {
	for _, tt := range []struct {
		n           int
		least, most time.Duration
		random      float64
		want        time.Duration
	}{
		{1, time.Second, time.Minute, 1, time.Second},
		{3, time.Second, time.Minute, 1, 4 * time.Second},
		{3, time.Second, time.Minute, 0.5, 2 * time.Second},
		{3, time.Second, time.Minute, 0, 0},
		{7, time.Second, time.Minute, 1, time.Minute},
		{1 << 30, time.Second, time.Minute, 1, time.Minute},
		{64, 1 << 62, 1<<63 - 1, 0.5, 1 << 62},
	} {
		if got := backoff(tt.n, tt.least, tt.most, tt.random); got != tt.want {
			t.Errorf("backoff(%d, %v, %v, %v) = %v, want %v", tt.n, tt.least, tt.most, tt.random, got, tt.want)
		}
	}
}
