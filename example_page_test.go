package penstock_test

import (
	"fmt"

	"github.com/penstock-go/penstock"
)

func ExamplePage() {
	page, err := penstock.Page{Offset: 100}.Normal()
	fmt.Println(page.Offset, page.Limit, err)
	_, err = penstock.Page{Offset: -1, Limit: 5_000}.Normal()
	fmt.Println(err)
	// Output:
	// 100 50 <nil>
	// offset: must not be negative
	// limit: must be from 0 to 1000
}
