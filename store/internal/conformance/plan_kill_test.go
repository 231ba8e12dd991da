package conformance_test

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
)

// runnerKills is how many processes are killed on each database: 500 in all.
const runnerKills = 250

// Three processes carry plans out and answer for commands; whatever moment one of them is killed
// at, the others, and the one that comes in its place, take its work up. Nothing is lost, and
// nothing is carried out twice: an attempt once, and another one only where the policy says repeat
// or a person did. A command that is sent again with its key has its effect once.
func TestKilledRunnersGoOn(t *testing.T) {
	if os.Getenv(shiftEnv) != "" { // this is a process that is to be killed
		carryOut(t)
		return
	}
	t.Parallel()
	for _, b := range backends(t) {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			o := &shift{address: addressOf(b), Journal: filepath.Join(t.TempDir(), "journal"), TTL: 200 * time.Millisecond, Takes: 10 * time.Millisecond}
			plans, last := o.process(t)
			y := &yard{T: t, plans: plans, all: make(map[string]bool), through: make(map[string]bool)}
			o.Remarks = y.file(releaseplan.Content{Name: "remarks"})
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			dice := rand.New(rand.NewPCG(seed, 0))
			hired := 0
			next := func() *hand {
				o.Name = fmt.Sprint("p", hired)
				hired++
				h := hire(t, o)
				h.begin(t)
				return h
			}
			crew := []*hand{next(), next()}
			for range runnerKills {
				y.fill(12)
				crew = append(crew, next())
				<-time.After(time.Duration(dice.IntN(50)) * time.Millisecond)
				i := dice.IntN(len(crew))
				crew[i].kill(t)
				y.resend(o.Remarks, crew[i])
				crew = append(crew[:i], crew[i+1:]...)
			}
			for _, h := range crew {
				h.retire(t)
				y.resend(o.Remarks, h)
			}
			last.TTL = time.Second
			stop := carryWith(t, last)
			y.harvest()
			stop()
			y.check(o)
		})
	}
}

// A yard is the plans that a crew works on.
type yard struct {
	*testing.T
	plans   *releaseplan.Service
	all     map[string]bool // by their ids: whether a task whose process died is repeated
	through map[string]bool // those that are
	kept    []string        // keys of remarks that were stored
}

func (y *yard) file(c releaseplan.Content) string {
	y.Helper()
	p, err := y.plans.Create(y.Context(), c, ann)
	if err != nil {
		y.Fatal(err)
	}
	return p.ID()
}

// fill keeps so many plans going, of either policy, and is the person who looks after failures.
func (y *yard) fill(n int) {
	y.Helper()
	going := 0
	for id := range y.all {
		if !y.lookAfter(id) {
			going++
		}
	}
	for ; going < n; going++ {
		c := work(2, 4)
		c.Phases[1].Kind = releaseplan.Parallel
		repeat := len(y.all)%2 == 0
		if !repeat {
			for i := range c.Phases {
				for j := range c.Phases[i].Tasks {
					c.Phases[i].Tasks[j].Crash = releaseplan.FailOnCrash
				}
			}
		}
		id := start(y.T, y.plans, c)
		y.all[id] = repeat
	}
}

// lookAfter lets a failed task be tried again, and reports whether the plan is through.
func (y *yard) lookAfter(id string) bool {
	y.Helper()
	if y.through[id] {
		return true
	}
	p, err := y.plans.Get(y.Context(), id, ann)
	if err != nil {
		y.Fatal(err)
	}
	for _, task := range p.Tasks() {
		if task.State != releaseplan.TaskFailed {
			continue
		}
		_, err := y.plans.Do(y.Context(), id, releaseplan.Command{Action: releaseplan.Retry, Task: task.ID}, ann)
		if err != nil && !errors.Is(err, penstock.ErrRefused) && !errors.Is(err, penstock.ErrConflict) {
			y.Fatal(err)
		}
	}
	y.through[id] = p.State() == releaseplan.Completed
	return y.through[id]
}

// harvest waits until every plan is through.
func (y *yard) harvest() {
	y.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(5 * time.Minute); ; {
		open := 0
		for id := range y.all {
			if !y.lookAfter(id) {
				open++
			}
		}
		if open == 0 {
			return
		}
		select {
		case <-tick.C:
		case <-limit:
			y.Fatalf("%d plans hang", open)
		}
	}
}

// resend sends the last command of a process that is gone again: nobody knows whether it was stored.
func (y *yard) resend(id string, h *hand) {
	y.Helper()
	for key := range h.told {
		y.kept = append(y.kept, key)
	}
	if h.asked == "" || h.told[h.asked] {
		return
	}
	for limit := time.Now().Add(2 * time.Minute); ; { // the others remark all the time
		_, err := y.plans.Do(y.Context(), id, remarkOf(h.asked), ann)
		if err == nil {
			break
		}
		if !errors.Is(err, penstock.ErrConflict) || time.Now().After(limit) {
			y.Fatal(err)
		}
	}
	if _, err := y.plans.CreateWith(y.Context(), noteOf(h.asked), ann); err != nil {
		y.Fatal(err)
	}
	y.kept = append(y.kept, h.asked)
}

// check holds the trails of the plans against what the handlers noted.
func (y *yard) check(o *shift) {
	y.Helper()
	begun, ended := make(map[string]int), make(map[string]int) // by attempt
	file, err := os.Open(o.Journal)
	if err != nil {
		y.Fatal(err)
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		switch words := strings.Fields(lines.Text()); words[0] {
		case "begin":
			begun[words[3]]++
		case "end":
			ended[words[3]]++
		}
	}
	interrupted := map[bool]int{}
	for id, repeat := range y.all {
		p, err := y.plans.Get(y.Context(), id, ann)
		if err != nil {
			y.Fatal(err)
		}
		attempts, retries := 0, 0
		for _, e := range y.trail(id) {
			switch {
			case e.Kind == releaseplan.TaskStarted:
				attempts++
			case e.Action == releaseplan.Retry:
				retries++
			case e.Action == releaseplan.Interrupt && e.Kind == releaseplan.TaskEnded:
				interrupted[repeat]++
			}
		}
		if tasks := len(p.Tasks()); !repeat && attempts != tasks+retries {
			y.Errorf("plan %s has %d tasks, %d of which a person had retried, and %d attempts", id, tasks, retries, attempts)
		} else if repeat && retries > 0 {
			y.Errorf("plan %s needed a person, although what a crash interrupts is repeated", id)
		}
		for _, task := range p.Tasks() {
			a := task.Status.Attempts[len(task.Status.Attempts)-1]
			if task.State != releaseplan.TaskDone || ended[a.ID] != 1 {
				y.Errorf("task %s of %s is %s, and its attempt ended %d times", task.Name, id, task.State, ended[a.ID])
			}
		}
	}
	for attempt, n := range begun {
		if n != 1 {
			y.Errorf("attempt %s was carried out %d times", attempt, n)
		}
	}
	if interrupted[true] == 0 || interrupted[false] == 0 {
		y.Errorf("no process was killed while it carried out tasks of either policy: %v", interrupted)
	}
	y.checkRemarks(o.Remarks)
	y.checkNotes()
	y.Logf("%d plans, %d attempts, %d of them interrupted, %d commands", len(y.all), len(begun), interrupted[true]+interrupted[false], len(y.kept))
}

// checkRemarks holds that each remark that somebody was told of is there once, and no other twice.
func (y *yard) checkRemarks(id string) {
	y.Helper()
	said := make(map[string]int)
	for _, e := range y.trail(id) {
		if e.Kind == releaseplan.PlanCommented {
			said[e.Remark]++
		}
	}
	for key, n := range said {
		if n != 1 {
			y.Errorf("the remark %s was made %d times", key, n)
		}
	}
	for _, key := range y.kept {
		if said[key] == 0 {
			y.Errorf("the remark %s is lost", key)
		}
	}
}

// checkNotes holds the same of the plans that were filed with a key.
func (y *yard) checkNotes() {
	y.Helper()
	filed := make(map[string]int)
	for f := (releaseplan.Filter{Folder: notes, Page: penstock.Page{Limit: 500}}); ; f.Page.Offset += 500 {
		page, err := y.plans.List(y.Context(), f, ann)
		if err != nil {
			y.Fatal(err)
		}
		for _, p := range page.Items {
			filed[p.Name]++
		}
		if len(page.Items) < 500 {
			break
		}
	}
	for key, n := range filed {
		if n != 1 {
			y.Errorf("the plan %s was filed %d times", key, n)
		}
	}
	for _, key := range y.kept {
		if filed[key] == 0 {
			y.Errorf("the plan %s is lost", key)
		}
	}
}

// trail is all that happened to a plan.
func (y *yard) trail(id string) (all []releaseplan.Entry) {
	y.Helper()
	for {
		page, err := y.plans.History(y.Context(), id, int64(len(all)), 1_000, ann)
		if err != nil {
			y.Fatal(err)
		}
		if all = append(all, page...); len(page) < 1_000 {
			return all
		}
	}
}
