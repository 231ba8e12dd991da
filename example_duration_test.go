package penstock_test

import (
	"fmt"
	"time"

	"github.com/penstock-go/penstock"
)

func ExampleDuration() {
	d, err := penstock.ParseDuration("P1291DT12H32M54S")
	fmt.Println(d, err)
	fmt.Println(d.AddTo(time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC)))
	fmt.Println(penstock.FromTime(36 * time.Hour))
	_, err = penstock.ParseDuration("P1DT")
	fmt.Println(err)
	// Output:
	// P1291DT12H32M54S <nil>
	// 2019-07-15 12:32:54 +0000 UTC
	// P1DT12H
	// "P1DT" is not an ISO 8601 duration such as P3D or PT1H30M
}
