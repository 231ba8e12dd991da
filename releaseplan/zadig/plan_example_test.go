package zadig_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/penstock-go/penstock"
	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/zadig"
	"github.com/penstock-go/penstock/store/memory"
)

// A release plan is created as in Zadig, approved, and carried out.
func ExampleHandler_releasePlans() {
	plans := releaseplan.New(releaseplan.Config{Store: memory.New(), NewID: counter("plan"), Now: func() time.Time { return time.Unix(1693558733, 0) }})
	h := zadig.Handler(zadig.Config{Plans: plans, Who: func(r *http.Request) (penstock.Actor, error) {
		return penstock.Actor{ID: r.Header.Get("Authorization")}, nil // who has this token
	}})
	send := func(who, method, path, body string) {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
		r.Header.Set("Authorization", who)
		h.ServeHTTP(w, r)
		fmt.Println(w.Code, strings.TrimSpace(w.Body.String()))
	}
	const plan = "/api/aslan/release_plan/v1/plan1"
	send("ann", http.MethodPost, "/openapi/release_plan/v1", `{"name": "Shop 2.4", "manager": "ann",
		"approval": {"enabled": true, "type": "native", "native_approval": {"timeout": 60, "needed_approvers": 1, "approve_users": [{"user_id": "bob"}]}},
		"jobs": [{"name": "migrate", "type": "text", "spec": {"content": "run migration 42"}}]}`)
	send("ann", http.MethodPost, plan+"/status/wait_for_approval", "")
	send("ann", http.MethodPost, plan+"/approve", `{"approve": true}`)
	send("bob", http.MethodPost, plan+"/approve", `{"approve": true, "comment": "ok"}`)
	p, err := plans.Get(context.Background(), "plan1", penstock.Actor{ID: "ann"})
	if err != nil {
		log.Fatal(err)
	}
	send("ann", http.MethodPost, plan+"/execute", `{"id": "`+p.Tasks()[0].ID+`", "spec": {"remark": "done"}}`)
	send("ann", http.MethodGet, "/api/aslan/release_plan/v1?pageNum=1&pageSize=10&type=status&keyword=success", "")
	// Output:
	// 200 {"id":"plan1"}
	// 200 {"message":"success"}
	// 403 {"code":403,"description":"no approve right","extra":{},"message":"Forbidden","type":"error"}
	// 200 {"message":"success"}
	// 200 {"message":"success"}
	// 200 {"list":[{"id":"plan1","index":1,"name":"Shop 2.4","manager":"ann","description":"","created_by":"ann","create_time":1693558733,"manager_id":"ann","start_time":0,"end_time":0,"updated_by":"system","update_time":1693558733,"status":"success","planning_time":1693558733,"approval_time":1693558733,"executing_time":1693558733,"success_time":1693558733,"version":1,"jira_sprint_association":null}],"total":1}
}

// counter makes ids that tell their order.
func counter(name string) func() string {
	n := 0
	return func() string {
		n++
		return fmt.Sprint(name, n)
	}
}
