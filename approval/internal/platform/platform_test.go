package platform_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock/approval/internal/platform"
)

// wire answers requests without a network, so that time is the bubble's.
type wire func(*http.Request) (*http.Response, error)

func (w wire) RoundTrip(r *http.Request) (*http.Response, error) { return w(r) }

func says(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Set(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// api returns an API with tokens t1, t2, … of which the platform believes those of good.
func api(w wire, fetched *atomic.Int64) *platform.API {
	a := &platform.API{
		HTTP:      &http.Client{Transport: w},
		Secrets:   []string{"app-secret"},
		Authorize: func(h http.Header, token string) { h.Set("Authorization", "Bearer "+token) },
		Judge: func(r platform.Reply) platform.Verdict {
			switch {
			case r.OK():
				return platform.Verdict{Outcome: platform.Taken}
			case r.Status == http.StatusUnauthorized:
				return platform.Verdict{Outcome: platform.Refused, Code: "stale"}
			case r.Status == http.StatusTooManyRequests:
				return platform.Verdict{Outcome: platform.Throttled, Code: "slow", After: r.After("X-Reset", "Retry-After")}
			case r.Status == http.StatusTeapot:
				return platform.Verdict{}
			}
			return platform.Verdict{Outcome: platform.Failed, Code: "bad", Message: string(r.Body)}
		},
	}
	a.Token = &platform.Token{Fetch: func(context.Context) (string, time.Duration, error) {
		return fmt.Sprint("t", fetched.Add(1)), time.Hour, nil
	}}
	return a
}

var call = platform.Call{Action: "do it", Method: http.MethodPost, URL: "https://platform.test/do?access_token=in-the-query", Body: map[string]int{"a": 1}}

type answer struct{ N int }

func TestRefusedTokenIsReplacedOnce(t *testing.T) {
	var fetched atomic.Int64
	var sent []string
	a := api(func(r *http.Request) (*http.Response, error) {
		sent = append(sent, r.Header.Get("Authorization"))
		if len(sent) != 2 {
			return says(http.StatusUnauthorized, ""), nil
		}
		return says(http.StatusOK, `{"N": 7}`), nil
	}, &fetched)
	var got answer
	if err := a.Call(t.Context(), call, &got); err != nil || got.N != 7 {
		t.Fatalf("%+v, %v", got, err)
	}
	err := a.Call(t.Context(), call, &got) // refused twice
	if platform.CodeOf(err) != "stale" {
		t.Errorf("the error is %v", err)
	}
	if diff := cmp.Diff([]string{"Bearer t1", "Bearer t2", "Bearer t2", "Bearer t3"}, sent); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
}

func TestLimitsAreWaitedFor(t *testing.T) {
	for _, tt := range []struct {
		rule   string
		header []string
		limits int // answers of 429 before it is taken
		want   time.Duration
		sent   int
		code   string
	}{
		{"as long as it says", []string{"X-Reset", "7"}, 1, 7 * time.Second, 2, ""},
		{"rounded up", []string{"X-Reset", "0.2"}, 1, time.Second, 2, ""},
		{"the first header that says", []string{"X-Reset", "soon", "Retry-After", "3"}, 2, 6 * time.Second, 3, ""},
		{"longer each time if it does not say", nil, 3, 7 * time.Second, 4, ""},
		{"not without end", nil, 100, 15 * time.Second, 5, "slow"},
		{"not longer than MaxWait", []string{"X-Reset", "31"}, 100, 0, 1, ""},
	} {
		t.Run(tt.rule, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var fetched atomic.Int64
				sent := 0
				a := api(func(*http.Request) (*http.Response, error) {
					if sent++; sent <= tt.limits {
						return says(http.StatusTooManyRequests, "", tt.header...), nil
					}
					return says(http.StatusOK, `{}`), nil
				}, &fetched)
				began := time.Now()
				err := a.Call(t.Context(), call, nil)
				if (err != nil) != (tt.limits == 100) || platform.CodeOf(err) != tt.code {
					t.Errorf("the error is %v", err)
				}
				if waited := time.Since(began); waited != tt.want || sent != tt.sent {
					t.Errorf("sent %d times in %v, want %d in %v", sent, waited, tt.sent, tt.want)
				}
			})
		})
	}
}

func TestLimitHoldsEveryCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched, sent atomic.Int64
		a := api(func(*http.Request) (*http.Response, error) {
			if sent.Add(1) == 1 {
				return says(http.StatusTooManyRequests, "", "Retry-After", "9"), nil
			}
			return says(http.StatusOK, `{}`), nil
		}, &fetched)
		began := time.Now()
		var wg sync.WaitGroup
		wg.Go(func() { _ = a.Call(t.Context(), call, nil) })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := a.Call(ctx, call, nil); !errors.Is(err, context.DeadlineExceeded) || sent.Load() != 1 {
			t.Errorf("sent %d times, %v", sent.Load(), err)
		}
		if err := a.Call(t.Context(), call, nil); err != nil || time.Since(began) != 9*time.Second {
			t.Errorf("taken after %v, %v", time.Since(began), err)
		}
		wg.Wait()
	})
}

func TestErrorsTellNoSecret(t *testing.T) {
	var fetched atomic.Int64
	for rule, w := range map[string]wire{
		"what the platform says": func(*http.Request) (*http.Response, error) {
			return says(http.StatusBadRequest, "token t1 of app-secret\n is bad"), nil
		},
		"a network error": func(*http.Request) (*http.Response, error) { return nil, errors.New("connection reset") },
		"not JSON":        func(*http.Request) (*http.Response, error) { return says(http.StatusOK, `"app-secret`), nil },
		"another type":    func(*http.Request) (*http.Response, error) { return says(http.StatusOK, `{"N": "app-secret"}`), nil },
		"more than one":   func(*http.Request) (*http.Response, error) { return says(http.StatusOK, `{} "app-secret"`), nil },
		"half an answer": func(*http.Request) (*http.Response, error) {
			r := says(http.StatusOK, "")
			r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"N":`), iotest.ErrReader(io.ErrUnexpectedEOF)))
			return r, nil
		},
		"too much": func(*http.Request) (*http.Response, error) {
			return says(http.StatusOK, `{}`+strings.Repeat(" ", platform.MaxBody)), nil
		},
		"a redirect": func(r *http.Request) (*http.Response, error) {
			if r.URL.Host != "platform.test" {
				t.Error("a redirect was followed")
			}
			return says(http.StatusTemporaryRedirect, "", "Location", "https://elsewhere.test/?app-secret"), nil
		},
		"no meaning": func(*http.Request) (*http.Response, error) { return says(http.StatusTeapot, "app-secret"), nil },
	} {
		t.Run(rule, func(t *testing.T) {
			fetched.Store(0)
			err := api(w, &fetched).Call(t.Context(), call, new(answer))
			if err == nil {
				t.Fatal("no error")
			}
			for _, secret := range []string{"t1", "app-secret", "in-the-query"} {
				if strings.Contains(err.Error(), secret) {
					t.Errorf("%q is told: %v", secret, err)
				}
			}
		})
	}
}

func TestSlowAnswersEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched atomic.Int64
		a := api(func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}, &fetched)
		began := time.Now()
		if err := a.Call(t.Context(), call, nil); err == nil || time.Since(began) != platform.Timeout {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		gone := errors.New("gone")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(gone) })
		if err := a.Call(ctx, call, nil); !errors.Is(err, gone) {
			t.Errorf("the error is %v, want the cause", err)
		}
	})
}

func TestTokenIsFetchedOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fetched := 0
		token := &platform.Token{Fetch: func(context.Context) (string, time.Duration, error) {
			fetched++ // the race detector sees if two do
			<-time.After(time.Second)
			return fmt.Sprint("t", fetched), 2 * time.Hour, nil
		}}
		get := func(want string) {
			t.Helper()
			var wg sync.WaitGroup
			for range 8 {
				wg.Go(func() {
					if got, err := token.Get(t.Context()); got != want || err != nil {
						t.Errorf("%q, %v, want %q", got, err, want)
					}
				})
			}
			wg.Wait()
		}
		get("t1")
		<-time.After(2*time.Hour - 5*time.Minute - 2*time.Second)
		get("t1")
		<-time.After(2 * time.Second) // five minutes before it expires
		get("t2")
		token.Drop("t1") // who was refused with the old one
		get("t2")
		token.Drop("t2")
		get("t3")
	})
}

func TestTokenThatCannotBeFetched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var fetched atomic.Int64
		broken := errors.New("broken")
		token := &platform.Token{Fetch: func(ctx context.Context) (string, time.Duration, error) {
			switch fetched.Add(1) {
			case 1:
				<-time.After(time.Second)
				return "", 0, broken
			case 2:
				<-ctx.Done()
				return "", 0, ctx.Err()
			case 3:
				return "", time.Hour, nil
			case 4:
				return "t4", -time.Hour, nil
			}
			return "t5", time.Hour, nil
		}}
		var wg sync.WaitGroup
		for range 3 { // all learn of the one failure
			wg.Go(func() {
				if _, err := token.Get(t.Context()); !errors.Is(err, broken) {
					t.Errorf("the error is %v", err)
				}
			})
		}
		wg.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		wg.Go(func() { _, _ = token.Get(ctx) })
		synctest.Wait()
		if _, err := token.Get(t.Context()); err == nil || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("who waited took over, and got %v; want: no token", err)
		}
		wg.Wait()
		if _, err := token.Get(t.Context()); err == nil {
			t.Error("a token that has expired was taken")
		}
		if got, err := token.Get(t.Context()); got != "t5" || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestEnvelopes(t *testing.T) {
	key, iv := []byte(strings.Repeat("k", 32)), []byte(strings.Repeat("i", 16))
	for _, block := range []int{16, 32} {
		for n := range 70 {
			text := strings.Repeat("x", n)
			sealed, err := platform.Seal(key, iv, []byte(text), block)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := platform.Open(key, iv, sealed); string(got) != text || err != nil {
				t.Errorf("%d bytes in blocks of %d: %q, %v", n, block, got, err)
			}
		}
	}
	sealed, err := platform.Seal(key, iv, []byte("text"), 16)
	if err != nil {
		t.Fatal(err)
	}
	uneven, err := platform.Seal(key, iv, []byte("fourteen bytes\x01\x02"), 16)
	if err != nil {
		t.Fatal(err)
	}
	for rule, open := range map[string]func() ([]byte, error){
		"nothing":        func() ([]byte, error) { return platform.Open(key, iv, nil) },
		"half a block":   func() ([]byte, error) { return platform.Open(key, iv, sealed[:8]) },
		"uneven padding": func() ([]byte, error) { return platform.Open(key, iv, uneven[:16]) },
		"a key too long": func() ([]byte, error) { return platform.Open(append(key, 'k'), iv, sealed) },
		"no iv":          func() ([]byte, error) { return platform.Open(key, nil, sealed) },
		"another key":    func() ([]byte, error) { return platform.Open([]byte(strings.Repeat("K", 32)), iv, sealed) },
	} {
		if got, err := open(); !errors.Is(err, platform.ErrSealed) {
			t.Errorf("%s: %q, %v", rule, got, err)
		}
	}
	if _, err := platform.Seal(key, iv, nil, 8); err == nil {
		t.Error("sealed in blocks of 8")
	}
}

func TestSeenForAWhile(t *testing.T) {
	var seen platform.Seen
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	if seen.Has("a", now) {
		t.Error("seen before it came")
	}
	seen.Add("a", now, now.Add(time.Minute))
	if !seen.Has("a", now) || seen.Has("b", now) || seen.Has("a", now.Add(time.Minute)) {
		t.Error("not seen, or seen for too long")
	}
	for i := range 30_000 { // bounded: what has passed makes room
		seen.Add(fmt.Sprint(i), now, now.Add(time.Minute))
	}
	if seen.Has("29999", now) {
		t.Error("remembers without bounds")
	}
	seen.Add("late", now.Add(time.Minute), now.Add(2*time.Minute))
	if !seen.Has("late", now.Add(time.Minute)) {
		t.Error("what has passed makes no room")
	}
}
