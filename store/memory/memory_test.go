package memory_test

import (
	"testing"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/memory"
	"github.com/penstock-go/penstock/store/storetest"
)

var (
	_ store.Waker  = (*memory.Store)(nil)
	_ store.Pruner = (*memory.Store)(nil)
)

func open(testing.TB) store.Store { return memory.New() }

func TestStore(t *testing.T)      { storetest.Run(t, open) }
func BenchmarkStore(b *testing.B) { storetest.Bench(b, open) }
