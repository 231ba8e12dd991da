package zadig

import (
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/internal/openapi"
	"github.com/penstock-go/penstock/internal/rest"
	"github.com/penstock-go/penstock/workflow"
)

// logOperations are those on the logs of jobs.
func logOperations() []rest.Operation[*api] {
	return []rest.Operation[*api]{
		{Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/openapi/logs/sse/v4/workflow/{workflow}/{task}/{jobTask}/{lines}", ID: "followLog", Tag: "logs",
			Summary: "Follow the log of a job, from its last lines on, until it ends",
			Answers: []openapi.Answer{{Status: http.StatusOK, Type: "text/event-stream"}},
		}, Handle: (*api).followLog},
		{Operation: openapi.Operation{
			Method: http.MethodGet, Path: "/openapi/logs/log/v4/workflow/{workflow}/{task}/{jobTask}", ID: "readLog", Tag: "logs",
			Summary: "The whole log of a job, or what there is of it so far",
			Answers: []openapi.Answer{{Status: http.StatusOK, Type: "text/plain"}},
		}, Handle: (*api).readLog},
	}
}

// jobInPath returns the job that the path names: a job task by its name, or by its key.
func (a *api) jobInPath(c *rest.Call) (run *workflow.Run, job workflow.JobView, err error) {
	number, err := strconv.ParseInt(c.Path("task"), 10, 64)
	if err != nil {
		return nil, job, penstock.Invalid("", "invalid task id")
	}
	if run, err = a.Workflows.GetByNumber(c.Context(), c.Path("workflow"), number, c.Actor); err != nil {
		return nil, job, codeNotFound.failing(err)
	}
	job, ok := findJob(run, c.Path("jobTask"))
	if !ok {
		return nil, job, codeNotFound.failing(penstock.ErrNotFound)
	}
	return run, job, nil
}

// writeTimeout is how long a client may take for one piece of a log.
const writeTimeout = 30 * time.Second

func (a *api) readLog(c *rest.Call) error {
	run, job, err := a.jobInPath(c)
	if err != nil {
		return err
	}
	log, err := a.Workflows.ReadLog(c.Context(), run.ID(), job.Key, 0, c.Actor)
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }()
	c.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
	c.W.Header().Set("X-Content-Type-Options", "nosniff")
	c.W.WriteHeader(http.StatusOK)
	if c.R.Method == http.MethodHead {
		return nil
	}
	_, err = io.Copy(&patientWriter{c.W, http.NewResponseController(c.W)}, log)
	return err
}

// A patientWriter gives a client its time for each piece, whatever the server allows for the
// whole.
type patientWriter struct {
	to     io.Writer
	client *http.ResponseController
}

func (w *patientWriter) Write(b []byte) (int, error) {
	_ = w.client.SetWriteDeadline(time.Now().Add(writeTimeout)) // who has no deadline needs none
	return w.to.Write(b)
}
