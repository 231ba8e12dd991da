package workflow

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/store"
)

// What happened to the jobs of a run is in its header, if they are few. Those of a
// large run are in records of their own, so that a commit writes only what it changed:
// the header bears no jobs then. A record that is not there is of jobs to
// which nothing happened.

// kindRunJobs is the kind of the records of jobsPerRecord jobs each.
const kindRunJobs = "workflow.run.jobs" // <run>/<place>

// jobsPerRecord is how many jobs one record bears.
const jobsPerRecord = 64

func runJobsKey(id string, place int) store.Key {
	return store.Key{Kind: kindRunJobs, ID: id + "/" + strconv.Itoa(place)}
}

// jobRecords is how many records of their own the jobs of a run have.
func jobRecords(jobs int) int {
	if jobs <= jobsPerRecord {
		return 0
	}
	return (jobs + jobsPerRecord - 1) / jobsPerRecord
}

// headerJobs returns the jobs that are in the run's header.
func (r *Run) headerJobs() []*JobStatus {
	if jobRecords(len(r.jobs)) > 0 {
		return nil
	}
	return r.jobs
}

// jobsOf returns the jobs of one record.
func (r *Run) jobsOf(place int) []*JobStatus {
	first := place * jobsPerRecord
	if r == nil || jobRecords(len(r.jobs)) == 0 || first >= len(r.jobs) {
		return nil
	}
	return r.jobs[first:min(first+jobsPerRecord, len(r.jobs))]
}

// jobsOps returns the ops that store what has happened to jobs since base, and the places of
// their records in st, whose versions are those of base.
func jobsOps(m *scratch, base *storedRun, st *storedRun) (ops []store.Op, places []int, err error) {
	var before *Run
	if base != nil {
		before = base.run
		st.jobs = base.jobs
	}
	records := jobRecords(len(st.run.jobs))
	if records == 0 && len(st.jobs) == 0 {
		return nil, nil, nil
	}
	versions := make([]int64, max(records, len(st.jobs)))
	copy(versions, st.jobs)
	st.jobs = versions
	for place := range versions {
		jobs := st.run.jobsOf(place)
		op := store.Op{Record: store.Record{Key: runJobsKey(st.run.id, place), Version: versions[place]}}
		switch { // what changes is replaced
		case slices.Equal(before.jobsOf(place), jobs), op.Version == 0 && untouched(jobs):
			continue
		case jobs == nil:
			op.Kind = store.Delete
		default:
			body, err := encodeJobs(m.room(), jobs)
			if err != nil {
				return nil, nil, err
			}
			op.Body = m.keep(body)
		}
		ops, places = append(ops, op), append(places, place)
	}
	return ops, places, nil
}

// untouched reports whether nothing happened to jobs.
func untouched(jobs []*JobStatus) bool {
	for _, j := range jobs {
		if *j != (JobStatus{}) {
			return false
		}
	}
	return true
}

// written notes that records of jobs were written as a version.
func (st *storedRun) written(places []int, version int64) {
	records := jobRecords(len(st.run.jobs))
	for _, place := range places {
		st.jobs[place] = version
	}
	st.jobs = st.jobs[:min(records, len(st.jobs))]
}

// loadJobs reads the jobs of a run that has some, as they are in the version of its
// header. errStale says that there is a later one.
func (s *Service) loadJobs(ctx context.Context, id string, header int64, stored []JobStatus, count int) (jobs []*JobStatus, versions []int64, err error) {
	places := jobRecords(count)
	if places > 0 {
		if stored, versions, err = s.readJobs(ctx, id, header, count); err != nil {
			return nil, nil, err
		}
	}
	if len(stored) != count {
		return nil, nil, corrupt(id, "header", penstock.Invalid("status.jobs", "%d jobs, not %d", len(stored), count))
	}
	jobs = make([]*JobStatus, count)
	for i := range stored {
		if err := stored[i].check(); err != nil {
			return nil, nil, corrupt(id, "header", err)
		}
		jobs[i] = &stored[i]
	}
	return jobs, versions, nil
}

// readJobs reads the records of jobs.
func (s *Service) readJobs(ctx context.Context, id string, header int64, count int) (jobs []JobStatus, versions []int64, err error) {
	places := jobRecords(count)
	keys := []store.Key{runKey(id)}
	for place := range places {
		keys = append(keys, runJobsKey(id, place))
	}
	records, err := s.store.Get(ctx, keys...)
	if err != nil {
		return nil, nil, err
	}
	if records[0].Version != header {
		return nil, nil, errStale
	}
	jobs, versions = make([]JobStatus, count), make([]int64, places)
	for place, record := range records[1:] {
		if versions[place] = record.Version; record.Version == 0 {
			continue
		}
		first := place * jobsPerRecord
		var some []JobStatus
		if err := json.Unmarshal(record.Body, &some); err != nil {
			return nil, nil, corrupt(id, "jobs", err)
		}
		if want := min(jobsPerRecord, count-first); len(some) != want {
			return nil, nil, corrupt(id, "jobs", penstock.Invalid("jobs", "%d jobs in a record, not %d", len(some), want))
		}
		copy(jobs[first:], some)
	}
	return jobs, versions, nil
}

// encodeJobs is json.Marshal for jobs; it appends to b, which is empty.
func encodeJobs(b []byte, jobs []*JobStatus) ([]byte, error) {
	w := jsonWriter{b: b}
	w.list("", jobs)
	return w.b, w.err
}

// list writes jobs.
func (w *jsonWriter) list(name string, jobs []*JobStatus) {
	w.name(name)
	w.b = append(w.b, '[')
	for _, j := range jobs {
		w.job("", j)
	}
	w.b = append(w.b, ']')
}
