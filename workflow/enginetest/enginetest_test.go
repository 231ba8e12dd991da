package enginetest_test

import (
	"testing"
	"time"

	"github.com/penstock-go/penstock/workflow"
	"github.com/penstock-go/penstock/workflow/enginetest"
)

func TestLocal(t *testing.T) {
	enginetest.Run(t, enginetest.Config{Virtual: true, New: func(s *workflow.Service, executors map[string]workflow.Executor) enginetest.Driver {
		l := workflow.NewLocal(s, executors)
		l.TTL = 3 * time.Second
		return l
	}})
}
