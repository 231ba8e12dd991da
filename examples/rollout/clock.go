package main

import "time"

// A clock is virtual: its time passes when somebody says so. One goroutine has it.
type clock struct{ time time.Time }

func (c *clock) now() time.Time { return c.time }

func (c *clock) pass(d time.Duration) { c.time = c.time.Add(d) }
