package main

import (
	"fmt"
	"io"
	"net"
)

// welcome says what to send to the server.
func welcome(w io.Writer, at net.Addr, where string, t *tokens) {
	host := at.String()
	if tcp, ok := at.(*net.TCPAddr); ok && tcp.IP.IsUnspecified() {
		host = fmt.Sprintf("localhost:%d", tcp.Port)
	}
	shown := "TOKEN"
	if t.made != "" {
		shown = t.made
	}
	_, _ = fmt.Fprintf(w, `everything is kept in %[3]s; listening on http://%[1]s; make a plan, list plans of Zadig's kind, make a feature:
  curl -H 'Authorization: %[2]s' -H 'Content-Type: application/json' http://%[1]s/api/data/v1/plans -d '{"name": "Shop 2.4", "folder": "DEFAULT", "planned_time": {"duration": "P3D"}}'
  curl -H 'Authorization: %[2]s' 'http://%[1]s/openapi/release_plan/v1?pageNum=1&pageSize=20'
  curl -H 'Authorization: %[2]s' -H 'Content-Type: application/json' http://%[1]s/api/admin/projects/default/features -d '{"name": "checkout"}'
`, host, shown, where)
}
