// Package outbox carries events to those who want to hear of them, at least
// once and in order.
package outbox
