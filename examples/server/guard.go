package main

import (
	"context"
	"net/http"
	"time"
)

// limited answers with 503 what would be one request too many.
func limited(atOnce int, next http.Handler) http.Handler {
	slots := make(chan struct{}, atOnce)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		select {
		case slots <- struct{}{}:
			defer func() { <-slots }()
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Retry-After", "1")
			say(w, http.StatusServiceUnavailable, "too many requests at the same time")
		}
	})
}

// bounded serves requests that have so long to be answered.
func (f *front) bounded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), f.answer)
		defer cancel()
		within(ctx, next, w, r)
	})
}

// follows serves requests that go on until somebody ends them.
func (f *front) follows(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = http.NewResponseController(w).SetReadDeadline(time.Time{}) // it would end the context
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		go func() {
			select {
			case <-f.over:
				cancel()
			case <-ctx.Done():
			}
		}()
		within(ctx, next, w, r)
	})
}

// within serves a request in another context. What it was matched by is still known.
func within(ctx context.Context, next http.Handler, w http.ResponseWriter, r *http.Request) {
	inner := r.WithContext(ctx)
	defer func() { r.Pattern = inner.Pattern }()
	next.ServeHTTP(w, inner)
}
