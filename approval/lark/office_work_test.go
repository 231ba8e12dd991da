package lark_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
)

func (o *office) readDefinition(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if d, ok := o.definitions[r.PathValue("code")]; ok {
		reply(w, http.StatusOK, 0, "", d)
		return
	}
	reply(w, http.StatusBadRequest, 1390002, "approval code not found", nil)
}

func (o *office) subscribe(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.subscribed[r.PathValue("code")] {
		reply(w, http.StatusBadRequest, 1390007, "subscription existed", nil)
		return
	}
	o.subscribed[r.PathValue("code")] = true
	reply(w, http.StatusOK, 0, "", nil)
}

func (o *office) create(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Definition string `json:"approval_code"`
		OpenID     string `json:"open_id"`
		Form       string `json:"form"`
		Approvers  []struct {
			Key   string   `json:"key"`
			Value []string `json:"value"`
		} `json:"node_approver_open_id_list"`
		UUID string `json:"uuid"`
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if json.NewDecoder(r.Body).Decode(&in) != nil || in.UUID == "" || len(in.UUID) > 64 || !json.Valid([]byte(in.Form)) {
		reply(w, http.StatusBadRequest, 1390001, "param is invalid", nil)
		return
	}
	d, ok := o.definitions[in.Definition]
	if !ok {
		reply(w, http.StatusBadRequest, 1390002, "approval code not found", nil)
		return
	}
	for _, f := range o.instances {
		if strings.EqualFold(f.UUID, in.UUID) {
			reply(w, http.StatusBadRequest, 60012, "uuid conflict", nil)
			return
		}
	}
	f := &form{Code: fmt.Sprintf("I-%d", len(o.instances)+1), Definition: in.Definition, UUID: in.UUID,
		Status: "PENDING", Initiator: in.OpenID, Form: in.Form}
	if o.strangers[in.OpenID] {
		reply(w, http.StatusBadRequest, 1390004, "user_id or open_id not found", nil)
		return
	}
	for _, node := range d["node_list"].([]any) {
		n := node.(map[string]any)
		if n["need_approver"] != true {
			continue
		}
		s := &step{Key: n["node_id"].(string), Custom: n["custom_node_id"].(string), Type: n["node_type"].(string)}
		for _, a := range in.Approvers {
			if a.Key != n["node_id"] && a.Key != n["custom_node_id"] {
				continue
			}
			for _, who := range a.Value {
				s.Sheets = append(s.Sheets, &sheet{ID: fmt.Sprintf("%s-%s-%s", f.Code, s.Key, who), Who: who, Type: s.Type})
			}
		}
		f.Steps = append(f.Steps, s)
	}
	o.instances[f.Code] = f
	o.ask(f, 0)
	reply(w, http.StatusOK, 0, "", map[string]any{"instance_code": f.Code})
}

// ask opens the tasks of a node.
func (o *office) ask(f *form, node int) {
	for _, s := range f.Steps[node].Sheets {
		s.Status, s.Start = "PENDING", o.now()
	}
}

func (o *office) read(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, f := range o.instances {
		if f.Code == r.PathValue("code") || strings.EqualFold(f.UUID, r.PathValue("code")) {
			reply(w, http.StatusOK, 0, "success", o.tell(f))
			return
		}
	}
	reply(w, http.StatusBadRequest, 1390003, "instance code not found", nil)
}

// tell writes an instance as the API does.
func (o *office) tell(f *form) map[string]any {
	tasks := []any{}
	for _, node := range f.Steps {
		for _, s := range node.Sheets {
			if s.Status == "" {
				continue
			}
			tasks = append(tasks, map[string]any{"id": s.ID, "open_id": s.Who, "status": s.Status, "node_id": node.Key, "custom_node_id": node.Custom, "type": s.Type,
				"start_time": strconv.FormatInt(s.Start, 10), "end_time": strconv.FormatInt(s.End, 10)})
		}
	}
	return map[string]any{"instance_code": f.Code, "approval_code": f.Definition, "uuid": f.UUID, "status": f.Status,
		"reverted": f.Reverted, "open_id": f.Initiator, "form": f.Form, "task_list": tasks, "timeline": f.Notes}
}

func (o *office) cancel(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Definition string `json:"approval_code"`
		Code       string `json:"instance_code"`
		User       string `json:"user_id"`
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	_ = json.NewDecoder(r.Body).Decode(&in)
	f, ok := o.instances[in.Code]
	switch {
	case !ok:
		reply(w, http.StatusBadRequest, 1390003, "instance code not found", nil)
	case f.Definition != in.Definition || f.Initiator != in.User || r.URL.Query().Get("user_id_type") != "open_id":
		reply(w, http.StatusForbidden, 1390009, "no operation permission", nil)
	case f.Status == "APPROVED": // the approval is taken back
		f.Status = "PENDING"
		reply(w, http.StatusOK, 0, "", nil)
	case f.Status != "PENDING":
		reply(w, http.StatusBadRequest, 1390001, "param is invalid", nil)
	default:
		f.Status = "CANCELED"
		reply(w, http.StatusOK, 0, "", nil)
	}
}

// decide lets somebody decide, with a comment.
func (o *office) decide(t testing.TB, code, who string, approve bool, comment string) {
	t.Helper()
	o.mu.Lock()
	defer o.mu.Unlock()
	f := o.instances[code]
	for n, node := range f.Steps {
		for _, s := range node.Sheets {
			if s.Who != who || s.Status != "PENDING" {
				continue
			}
			s.Status, s.End = "APPROVED", o.now()
			note := "PASS"
			if !approve {
				s.Status, f.Status, note = "REJECTED", "REJECTED", "REJECT"
			}
			f.Notes = append(f.Notes, map[string]any{"type": note, "task_id": s.ID, "comment": comment})
			open := 0
			for _, other := range node.Sheets {
				if other.Status == "PENDING" && (!approve || node.Type == "OR") {
					other.Status = "DONE"
				}
				if other.Status == "PENDING" {
					open++
				}
			}
			switch {
			case !approve || open > 0:
			case n+1 < len(f.Steps):
				o.ask(f, n+1)
			default:
				f.Status = "APPROVED"
			}
			return
		}
	}
	t.Fatalf("%s is not asked in %s", who, code)
}

// change changes an instance as nobody is allowed to.
func (o *office) change(code string, edit func(*form)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	edit(o.instances[code])
}

func (o *office) status(code string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if f := o.instances[code]; f != nil {
		return f.Status
	}
	return ""
}

func (o *office) open() (codes []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for code := range o.instances {
		codes = append(codes, code)
	}
	return codes
}
