package servicetest

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/penstock-go/penstock/releaseplan"
)

// A plan as large as can be takes every command, however much time has done by
// itself meanwhile: it all fits one commit.
func (on suite) testLargestPlanIsNeverStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := releaseplan.New(releaseplan.Config{Store: on.open(t)})
		var c releaseplan.Content
		c.Name = "large"
		for i := range releaseplan.MaxPhases {
			phase := releaseplan.Phase{Name: fmt.Sprint("phase ", i), Kind: releaseplan.Sequential}
			for j := range releaseplan.MaxTasks / releaseplan.MaxPhases {
				phase.Tasks = append(phase.Tasks, releaseplan.Task{Name: fmt.Sprint("wait ", j), Kind: releaseplan.Wait, Spec: []byte(`{"for":"PT1S"}`)})
			}
			c.Phases = append(c.Phases, phase)
		}
		last := &c.Phases[len(c.Phases)-1]
		last.Tasks[len(last.Tasks)-1] = releaseplan.Task{Name: "by hand"}
		p, err := s.Create(t.Context(), c, ann)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Execute}, ann); err != nil {
			t.Fatal(err)
		}
		<-time.After(4 * time.Hour)
		p, err = s.Do(t.Context(), p.ID(), releaseplan.Command{Action: releaseplan.Cancel}, ann)
		if err != nil || p.State() != releaseplan.Canceled || p.TaskCount().Done != releaseplan.MaxTasks-1 {
			t.Errorf("canceled: %v, %v", p, err)
		}
	})
}
