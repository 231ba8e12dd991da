package canonical_test

import (
	"fmt"

	"github.com/penstock-go/penstock/internal/canonical"
)

func ExampleTransform() {
	doc, err := canonical.Transform([]byte(`{ "start": 1.50e1, "name": "Checkout\u0020\u00e9", "name2": "\/" }`))
	fmt.Println(string(doc), err)
	_, err = canonical.Transform([]byte(`{"name": "a", "name": "b"}`))
	fmt.Println(err)
	// Output:
	// {"name":"Checkout é","name2":"/","start":15} <nil>
	// byte 14: the name "name" occurs twice
}
