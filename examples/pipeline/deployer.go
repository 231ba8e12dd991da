package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/penstock-go/penstock/workflow"
)

// A deployer carries out blue-green jobs. What a script starts ends with its job, and a
// release has to go on: so its process belongs to the deployer, which leads requests to it.
type deployer struct {
	url    string // where users find the program
	client *http.Client
	server *http.Server
	live   atomic.Pointer[instance] // who serves; nil: nobody

	mu    sync.Mutex // one job at a time
	other *instance  // who stands by; nil: nobody
}

// newDeployer listens on the loopback.
func newDeployer(ctx context.Context) (*deployer, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{DisableKeepAlives: true} // no connection holds up an instance that is to end
	d := &deployer{url: "http://" + listener.Addr().String(), client: &http.Client{Transport: transport, Timeout: 5 * time.Second}}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(d.live.Load().url) }, Transport: transport}
	d.server = &http.Server{ReadTimeout: 5 * time.Second, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if d.live.Load() == nil {
			http.Error(w, "nobody serves", http.StatusServiceUnavailable)
			return
		}
		proxy.ServeHTTP(w, r)
	})}
	go func() { _ = d.server.Serve(listener) }() // until close
	return d, nil
}

// version asks whoever serves now.
func (d *deployer) version(ctx context.Context) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/version", http.NoBody)
	if err != nil {
		return "", err
	}
	answer, err := d.client.Do(req)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 1<<10))
	if err != nil {
		return "", err
	}
	if answer.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s", d.url, answer.Status)
	}
	return strings.TrimSpace(string(text)), nil
}

// close ends everything that serves.
func (d *deployer) close() {
	_ = d.server.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, i := range []*instance{d.live.Load(), d.other} {
		if i != nil {
			i.end()
		}
	}
}

// Execute carries a blue-green job out.
func (d *deployer) Execute(ctx context.Context, job workflow.Execution) (map[string]string, error) {
	var spec rollout
	if err := json.Unmarshal(job.Spec, &spec); err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	switch {
	case spec.Action == "deploy":
		return d.deploy(ctx, spec, job.Log)
	case spec.Action == "rollback" && d.other == nil:
		return nil, errors.New("there is no release to go back to")
	case spec.Action == "rollback":
		d.swap(job.Log)
	}
	d.retire(job.Log)
	return nil, nil
}

// deploy starts a release and leads requests to it once it is healthy.
func (d *deployer) deploy(ctx context.Context, spec rollout, log io.Writer) (map[string]string, error) {
	if sum, err := hashOf(spec.Binary); err != nil {
		return nil, err
	} else if sum != spec.SHA256 {
		return nil, fmt.Errorf("the binary is not the one that was approved: its SHA-256 is %s", sum)
	}
	next, err := launch(ctx, spec.Binary)
	if err != nil {
		return nil, err
	}
	if err := next.healthy(ctx, d.client); err != nil {
		next.end()
		return nil, err
	}
	say(log, "pid %d is healthy at %s", next.pid, next.url)
	if d.other != nil { // of a release that came to no end
		d.retire(log)
	}
	d.other = next
	d.swap(log)
	return map[string]string{"URL": d.url}, nil
}

// swap leads requests to who stood by.
func (d *deployer) swap(log io.Writer) {
	next := d.other
	d.other = d.live.Swap(next)
	standby := "nobody stands by"
	if d.other != nil {
		standby = fmt.Sprintf("pid %d stands by", d.other.pid)
	}
	say(log, "%s leads to pid %d now, %s", d.url, next.pid, standby)
}

// retire ends who stands by.
func (d *deployer) retire(log io.Writer) {
	if d.other == nil {
		say(log, "nothing is to be retired")
		return
	}
	d.other.end()
	say(log, "pid %d has ended", d.other.pid)
	d.other = nil
}

func say(log io.Writer, format string, args ...any) { _, _ = fmt.Fprintf(log, format+"\n", args...) }

// hashOf returns the SHA-256 of a file.
func hashOf(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
