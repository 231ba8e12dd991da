package main

// A checkout is the new path as it is deployed. It has a bug: under more load than
// its pool of connections was made for it loses some of them for good, or rather
// until they time out. A request that finds a lost one fails.
type checkout struct {
	capacity float64 // requests a minute
	lost     float64 // of the pool: 0 to 1
	fixed    bool
}

const (
	always  = 0.0005 // of all requests fail, whatever happens
	timeout = 0.05   // of the lost connections come back each minute
	leak    = 0.0006 // of the pool is lost each minute for each capacity of load above the first
)

// minute lets a minute pass under a load, in requests a minute, and returns the
// probability that a request failed.
func (c *checkout) minute(load float64) float64 {
	c.lost *= 1 - timeout
	if !c.fixed && load > c.capacity {
		c.lost += float64(leak * (load/c.capacity - 1))
	}
	return min(always+c.lost, 1)
}

// fix deploys a version without the bug.
func (c *checkout) fix() { c.fixed, c.lost = true, 0 }
