package listen_test

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/penstock-go/penstock/store/postgres"
	"github.com/penstock-go/penstock/store/postgres/listen"
)

func ExampleOn() {
	// db is opened with pgx's driver: sql.Open("pgx", url).
	open := func(ctx context.Context, db *sql.DB) (*postgres.Store, error) {
		return postgres.New(ctx, db, &postgres.Options{Listen: listen.On(db)})
	}
	_, err := open(context.Background(), nil)
	fmt.Println(err)
	// Output: db: must not be nil
}

func ExampleConnect() {
	// The pool goes through PgBouncer; LISTEN needs the server itself.
	_, err := listen.Connect("postgres://plans:s3cret@db.example.org:port/plans")
	fmt.Println(err)
	direct, err := listen.Connect("postgres://plans:s3cret@db.example.org:5432/plans")
	fmt.Println(direct != nil, err)
	// Output:
	// url: cannot be understood
	// true <nil>
}
