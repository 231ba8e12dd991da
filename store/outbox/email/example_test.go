package email_test

import (
	"context"
	"fmt"

	"github.com/penstock-go/penstock/store/outbox"
	"github.com/penstock-go/penstock/store/outbox/email"
)

// A sender of mail, and an address that cannot be one.
func Example() {
	mailer, err := email.New(email.Config{
		Addr: "smtp.example.com:587",
		From: "Releases <releases@example.com>",

		Username: "releases", Password: "from a secret store",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	err = mailer.Notify(context.Background(), outbox.Message{ID: "m-1", To: "bob", Title: "Shop 2.4 started"})
	fmt.Println(err)
	fmt.Println("try again:", !outbox.IsPermanent(err))
	// Output:
	// message m-1: to: must be one e-mail address
	// try again: false
}
