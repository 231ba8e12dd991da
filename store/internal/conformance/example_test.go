package conformance_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"

	"github.com/penstock-go/penstock/store"
	"github.com/penstock-go/penstock/store/sqlite"
)

// A service keeps its own table in the same database, and commits a record and
// a row of its own in one transaction.
func Example_tx() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(dir)
	db, err := sql.Open("sqlite", filepath.Join(dir, "plans.db"))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer db.Close()
	s, err := sqlite.New(ctx, db, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	_, _ = db.ExecContext(ctx, "CREATE TABLE tickets (id TEXT, plan TEXT)")

	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	_, _ = tx.ExecContext(ctx, "INSERT INTO tickets (id, plan) VALUES ('T-1', 'p1')")
	in, err := sqlite.Tx(tx, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	key := store.Key{Kind: "plan", ID: "p1"}
	version, err := in.Commit(ctx, store.Op{Record: store.Record{Key: key, Body: []byte("Checkout 2.4")}})
	fmt.Println("inside:", version, err)
	outside, _ := s.Get(ctx, key)
	fmt.Println("outside:", outside[0].Version)
	if err := tx.Commit(); err != nil {
		fmt.Println(err)
		return
	}
	s.Wake()
	outside, _ = s.Get(ctx, key)
	fmt.Println("committed:", outside[0].Version, string(outside[0].Body))
	// Output:
	// inside: 1 <nil>
	// outside: 0
	// committed: 1 Checkout 2.4
}
