package main

import (
	"math"
	"math/rand/v2"
)

// Dice draw counts. They are seeded, so that the same story happens each time; to
// draw the sum over all users at once is what makes it fast.
type dice struct{ *rand.Rand }

func newDice(seed uint64) dice { return dice{rand.New(rand.NewPCG(seed, 2))} }

// enough is the mean from which on a normal distribution stands in for the exact one.
const enough = 50

// poisson draws how many of many independent, rare things happen.
func (d dice) poisson(mean float64) int64 {
	if mean >= enough {
		return max(0, int64(math.Round(mean+float64(math.Sqrt(mean)*d.NormFloat64()))))
	}
	var n int64
	for limit, product := math.Exp(-mean), d.Float64(); product > limit; n++ {
		product *= d.Float64()
	}
	return n
}

// binomial draws how many of n things happen if each does with probability p. A
// small number of them is drawn as if p was near 0, as it is here.
func (d dice) binomial(n int64, p float64) int64 {
	mean := float64(n) * p
	if mean < enough {
		return min(n, d.poisson(mean))
	}
	deviation := math.Sqrt(mean * (1 - p))
	return min(n, max(0, int64(math.Round(mean+float64(deviation*d.NormFloat64())))))
}
