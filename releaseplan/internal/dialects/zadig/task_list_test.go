package zadig_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTasksAreListedByPage(t *testing.T) {
	s := newShelf(t)
	s.create("demo", "dev")
	s.create("shop", "other")
	for range 5 {
		s.Do(http.MethodPost, tasks, starting("demo", "dev", "pause")).Want(http.StatusOK)
	}
	s.Do(http.MethodPost, tasks, starting("shop", "other", "pause")).Want(http.StatusOK)
	for _, c := range []struct {
		rule, key, query, token string
		total                   int
		want                    []int64
	}{
		{"the newest first", "dev", "projectKey=demo", "admin", 5, []int64{5, 4, 3, 2, 1}},
		{"a page", "dev", "projectKey=demo&pageSize=2", "admin", 5, []int64{5, 4}},
		{"the second", "dev", "projectKey=demo&pageSize=2&pageNum=2", "admin", 5, []int64{3, 2}},
		{"the last", "dev", "projectKey=demo&pageSize=2&pageNum=3", "admin", 5, []int64{1}},
		{"behind the last", "dev", "projectKey=demo&pageSize=2&pageNum=4", "admin", 5, []int64{}},
		{"far behind", "dev", "projectKey=demo&pageSize=1000&pageNum=9223372036854775807", "admin", 5, []int64{}},
		{"empty numbers are none", "dev", "projectKey=demo&pageSize=&pageNum=", "admin", 5, []int64{5, 4, 3, 2, 1}},
		{"members that nobody knows", "dev", "projectKey=demo&a=b", "admin", 5, []int64{5, 4, 3, 2, 1}},
		{"another project", "dev", "projectKey=shop", "admin", 0, []int64{}},
		{"unknown workflow", "devs", "projectKey=demo", "admin", 0, []int64{}},
		{"what nobody may read is not counted", "dev", "projectKey=demo", "other", 0, []int64{}},
	} {
		var got struct {
			Total int
			Tasks []struct {
				ID int64 `json:"task_id"`
			} `json:"workflow_tasks"`
		}
		s.Do(http.MethodGet, fmt.Sprintf("%s/%s/tasks?%s", custom, c.key, c.query), nil, as(c.token)...).Want(http.StatusOK).Into(&got)
		ids := []int64{}
		for _, row := range got.Tasks {
			ids = append(ids, row.ID)
		}
		if diff := cmp.Diff(c.want, ids); got.Total != c.total || diff != "" {
			t.Errorf("%s: %d in all, -want +got: %s", c.rule, got.Total, diff)
		}
	}
}
