package arp_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/penstock-go/penstock/releaseplan"
	"github.com/penstock-go/penstock/releaseplan/arp"
	"github.com/penstock-go/penstock/releaseplan/internal/dialects/check"
)

// failure holds an answer against the form of a failure.
func failure(t *testing.T, a *check.Answer, status int) {
	t.Helper()
	a.Want(status)
	var body struct {
		Code           int
		Error, Details *string
	}
	if a.Into(&body); body.Code == 0 || body.Error == nil || *body.Error == "" || body.Details == nil {
		t.Errorf("the body is no failure: %s", a.Body)
	}
	if kind := a.Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/json") {
		t.Errorf("content type %q", kind)
	}
}

// TestHostileBodies: whatever takes a body refuses what is none, in the words of the dialect, and
// changes nothing.
func TestHostileBodies(t *testing.T) {
	f := newFixture(t)
	p := f.plan1908()
	f.at(instant("2017-07-15T00:00:00Z"))
	bodies := map[string]struct {
		body    string
		status  int
		headers []string
	}{
		"huge":                  {`{"name": "` + strings.Repeat("x", maxBody) + `"}`, http.StatusRequestEntityTooLarge, nil},
		"huge and blank":        {strings.Repeat(" ", maxBody+1), http.StatusRequestEntityTooLarge, nil},
		"of a form":             {`name=x`, http.StatusUnsupportedMediaType, []string{"Content-Type", "application/x-www-form-urlencoded"}},
		"of text":               {`{"name": "x"}`, http.StatusUnsupportedMediaType, []string{"Content-Type", "text/plain"}},
		"of XML":                {`<name/>`, http.StatusUnsupportedMediaType, []string{"Content-Type", "application/xml"}},
		"of no type at all":     {`{"name": "x"}`, http.StatusUnsupportedMediaType, []string{"Content-Type", ";"}},
		"zipped":                {`{"name": "x"}`, http.StatusUnsupportedMediaType, []string{"Content-Encoding", "gzip"}},
		"deep lists":            {`{"name": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `}`, http.StatusBadRequest, nil},
		"deep objects":          {strings.Repeat(`{"name":`, 5000) + `1` + strings.Repeat("}", 5000), http.StatusBadRequest, nil},
		"deep and open":         {strings.Repeat(`[`, 100000), http.StatusBadRequest, nil},
		"members twice":         {`{"name": "x", "name": "y"}`, http.StatusBadRequest, nil},
		"members in two cases":  {`{"name": "x", "Name": "y"}`, http.StatusBadRequest, nil},
		"escaped twice":         {`{"name": "x", "n\u0061me": "y"}`, http.StatusBadRequest, nil},
		"garbage behind":        {`{"name": "x"} {"name": "y"}`, http.StatusBadRequest, nil},
		"garbage in front":      {"\ufeff" + `{"name": "x"}`, http.StatusBadRequest, nil},
		"no UTF-8":              {"{\"name\": \"\xff\xfe\"}", http.StatusBadRequest, nil},
		"half a character":      {`{"name": "\ud800"}`, http.StatusBadRequest, nil},
		"UTF-16":                {"{\x00}\x00", http.StatusBadRequest, nil},
		"a number that is none": {`{"name": 1e999}`, http.StatusBadRequest, nil},
		"NaN":                   {`{"name": NaN}`, http.StatusBadRequest, nil},
		"cut off":               {`{"name": "x`, http.StatusBadRequest, nil},
		"a comment":             {`{"name": "x"} // y`, http.StatusBadRequest, nil},
	}
	for _, op := range operations(t) {
		if !op.body {
			continue
		}
		path := op.fill(p)
		f.untouched(func() {
			for name, row := range bodies {
				t.Run(op.String()+"/"+name, func(t *testing.T) {
					failure(t, f.Do(op.method, path, row.body, row.headers...), row.status)
				})
			}
		})
	}
}

// TestHostileQueries: no operation takes what it does not know, or what cannot be read.
func TestHostileQueries(t *testing.T) {
	f := newFixture(t)
	p := f.plan1908()
	f.untouched(func() {
		for _, op := range operations(t) {
			for _, query := range []string{
				"p1=x", "name=%ff&x=1", "%ff=1", "a;b=c", "x=%zz", "=", "%00=1", "name%00=1", strings.Repeat("x", 5000) + "=1", "id=1909&x", "Name=x&NAME=y", "_method=DELETE", "access_token=x",
			} {
				failure(t, f.Do(op.method, op.fill(p)+"?"+query, fitting(op)), http.StatusBadRequest)
			}
		}
		for _, query := range []string{"name=%ff", "name=%00", "name=" + strings.Repeat("x", 5000), "name=a&name=b", "include=" + strings.Repeat("Actions,", 600) + "Actions", "status=Draft%00", "start_at=0x10", "start_at=%2B1x", "max_results=1e1", "archived=TRUE"} {
			failure(t, f.get("/plans?"+query), http.StatusBadRequest)
		}
	})
}

// TestHostilePaths: what is no path of the API is nothing, and is answered in its words.
func TestHostilePaths(t *testing.T) {
	f := newFixture(t)
	f.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return errors.New("an answer redirects") }
	p := f.plan1908()
	f.untouched(func() {
		for _, path := range []string{
			"/", "/plans", "/api", "/api/data", "/api/data/v1", "/api/data/v1/", "/api/data/v1/plan", "/api/data/v2/plans", "/api/data/v1/Plans",
			"/api/data/v1/plans/", "/api/data/v1//plans", "//api/data/v1/plans", "/api/data/v1/plans//1908", "/api/data/v1/plans/1908/",
			"/api/data/v1/./plans", "/api/data/v1/plans/../plans/1908", "/api/data/v1/plans/..%2fplans", "/api/data/v1/plans/%2e%2e/plans/1908",
			"/api/data/v1/plans/1908%2fexecute", "/api/data/v1/plans/1908%2Fexport", "/api/data/v1/plans/1908/execute/", "/api/data/v1/plans/1908/nothing",
			"/api/data/v1/plans/1908;x=1", "/api/data/v1/plans/1908%00", "/api/data/v1/plans/01908", "/api/data/v1/plans/+1908", "/api/data/v1/plans/1908.0", "/api/data/v1/plans/1e3",
			"/api/data/v1/plans/0", "/api/data/v1/plans/-1", "/api/data/v1/plans/0x774", "/api/data/v1/plans/99999999999999999999999999", "/api/data/v1/plans/%31908x",
			"/api/data/v1/plans/x", "/api/data/v1/plans/%ff", "/api/data/v1/plans/" + strings.Repeat("9", 4000), "/api/data/v1/plans/" + p.ID(),
			"/api/data/v1/plans/1908/tasks/1908", "/api/data/v1/plans/1908/tasks/" + p.Tasks()[0].ID, "/api/data/v1/plans/1919/tasks/1920", "/api/data/v1/plans/1920",
		} {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
				var body any
				if method == http.MethodPost {
					body = `{"name": "x"}`
				}
				if path == "/api/data/v1/plans/%31908x" && method != http.MethodGet {
					continue
				}
				a := f.Do(method, path, body)
				if a.Status == http.StatusMethodNotAllowed && a.Header.Get("Allow") != "" {
					continue
				}
				failure(t, a, http.StatusNotFound)
				if strings.Contains(string(a.Body), "ReleasePlan_01") {
					t.Errorf("%s: %s", path, a.Body)
				}
			}
		}
	})
}

// TestOtherMethods: what a path has no operation for is 405, with what it has.
func TestOtherMethods(t *testing.T) {
	f := newFixture(t)
	p := f.plan1908()
	paths := make(map[string][]string)
	for _, op := range operations(t) {
		path := op.fill(p)
		paths[path] = append(paths[path], op.method)
	}
	f.untouched(func() {
		for path, methods := range paths {
			for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodTrace, "BREW"} {
				if slices.Contains(methods, method) {
					continue
				}
				a := f.Do(method, path, nil)
				failure(t, a, http.StatusMethodNotAllowed)
				for _, m := range methods {
					if !slices.Contains(strings.Split(a.Header.Get("Allow"), ", "), m) {
						t.Errorf("%s %s: Allow is %q", method, path, a.Header.Get("Allow"))
					}
				}
			}
			if a := f.Do(http.MethodOptions, path, nil).Want(http.StatusNoContent); a.Header.Get("Allow") == "" {
				t.Errorf("OPTIONS %s tells nothing", path)
			}
			if slices.Contains(methods, http.MethodGet) {
				if a := f.Do(http.MethodHead, path, nil); a.Status != http.StatusOK && a.Status != http.StatusNotFound || len(a.Body) > 0 {
					t.Errorf("HEAD %s: %d with %d bytes", path, a.Status, len(a.Body))
				}
			}
		}
	})
}

// TestTokens: who does not say who they are gets nothing, whatever they ask for.
func TestTokens(t *testing.T) {
	f := newFixture(t)
	p := f.plan1908()
	var first []byte
	for name, token := range map[string]string{
		"none": "", "another scheme": "Basic YWRtOg==", "forged": "Bearer nobody", "empty": "Bearer ", "inactive": "Bearer " + gone, "a group": "Bearer " + ops,
		"another case": "bearer " + adm, "more behind": "Bearer " + adm + " x", "long": "Bearer " + strings.Repeat("x", 10_000), "the system": "Bearer system",
	} {
		t.Run(name, func(t *testing.T) {
			f.untouched(func() {
				for _, op := range operations(t) {
					for _, path := range []string{op.fill(p), op.fill(p) + "?p1=x"} {
						a := f.Do(op.method, path, `{"name": "x"}`, "Authorization", token)
						failure(t, a, http.StatusUnauthorized)
						if first == nil {
							first = a.Body
						}
						if !bytes.Equal(a.Body, first) || strings.Contains(string(a.Body), "secret") {
							t.Errorf("it tells more than that: %s", a.Body)
						}
					}
				}
			})
		})
	}
	t.Run("the description is open", func(t *testing.T) {
		a := f.get("/openapi.json", "Authorization", "").Want(http.StatusOK, string(arp.OpenAPI()))
		if a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("content type %q", a.Header.Get("Content-Type"))
		}
	})
}

// TestASlowClientIsWaitedFor: the handler has no clock of its own, that is the server's. Meanwhile
// others are served, and who goes away has done nothing.
func TestASlowClientIsWaitedFor(t *testing.T) {
	f := newFixture(t)
	body := body(`"name": "slow"`)
	dial := func() net.Conn {
		t.Helper()
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", strings.TrimPrefix(f.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		_, err = fmt.Fprintf(conn, "POST %s/plans HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", arp.Base, adm, len(body), body[:10])
		if err != nil {
			t.Fatal(err)
		}
		return conn
	}
	conn := dial()
	f.at(begin.AddDate(0, 0, 7)) // by the clock of the dialect, a week goes by
	f.get("/plans").Want(http.StatusOK)
	if _, err := io.WriteString(conn, body[10:]); err != nil {
		t.Fatal(err)
	}
	got, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = got.Body.Close()
	_ = conn.Close()
	if got.StatusCode != http.StatusCreated {
		t.Errorf("status %d", got.StatusCode)
	}
	f.untouched(func() {
		gone, ok := dial().(*net.TCPConn)
		if !ok {
			t.Fatal("no TCP")
		}
		if err := gone.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		got, err := http.ReadResponse(bufio.NewReader(gone), nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = got.Body.Close()
		_ = gone.Close()
		if got.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d", got.StatusCode)
		}
	})
}

// TestManyAtOnce: no update is lost, and who is overtaken is told so.
func TestManyAtOnce(t *testing.T) {
	const clients, each = 8, 10
	f := newFixture(t)
	c := releaseplan.Content{Name: "p"}
	for i := range clients {
		c.Variables = append(c.Variables, releaseplan.Variable{Name: fmt.Sprintf("v%d", i), Value: "0"})
	}
	p := f.plan(0, c)
	done := make([]int, clients)
	var group sync.WaitGroup
	for i := range clients {
		group.Go(func() {
			for n := range each {
				a := f.post(at(p, "/variables"), fmt.Sprintf(`[{"name": "v%d", "value": "%d"}]`, i, n+1))
				switch a.Status {
				case http.StatusOK:
					done[i] = n + 1
				case http.StatusConflict:
				default:
					t.Errorf("status %d: %s", a.Status, a.Body)
				}
				f.post(at(p), fmt.Sprintf(`{"description": "%d of %d"}`, n, i))
				f.get("/plans?include=Phases,Actions,Summary,Listeners").Want(http.StatusOK)
			}
		})
	}
	group.Wait()
	var all struct {
		Variables []struct{ Name, Value string }
	}
	f.get(at(p)).Want(http.StatusOK).Into(&all)
	for i, v := range all.Variables {
		if v.Value != fmt.Sprint(done[i]) {
			t.Errorf("%s is %s, and the last that was taken was %d", v.Name, v.Value, done[i])
		}
	}
}
