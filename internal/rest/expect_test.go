package rest_test

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/penstock-go/penstock/internal/rest"
)

// TestNobodyIsAskedForWhatIsRefused: who waits to be asked for the body of a request that is refused
// whatever it says is told so at once.
func TestNobodyIsAskedForWhatIsRefused(t *testing.T) {
	t.Parallel()
	s := server(t, rest.Options{})
	client, err := (&net.Dialer{Timeout: 10 * time.Second}).DialContext(t.Context(), "tcp", s.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	const request = "POST /things HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100\r\n\r\n"
	if _, err := client.Write([]byte(request)); err != nil {
		t.Fatal(err)
	}
	if status, err := bufio.NewReader(client).ReadString('\n'); err != nil || !strings.Contains(status, http.StatusText(http.StatusUnauthorized)) {
		t.Errorf("%q %v", status, err)
	}
}
