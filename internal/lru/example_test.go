package lru_test

import (
	"fmt"

	"github.com/penstock-go/penstock/internal/lru"
)

func Example() {
	plans := lru.New[string, string](100)
	plans.Put("a", 1, "plan a", 60)
	plans.Put("b", 7, "plan b", 60) // there is no room for both
	plans.Put("b", 6, "plan b as it was", 60)

	_, ok := plans.Get("a")
	b, _ := plans.Get("b")
	fmt.Println(ok, b)
	// Output: false plan b
}
