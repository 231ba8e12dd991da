package outbox_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/penstock-go/penstock/store/outbox"
)

// The robot of a WeCom group. A private deployment, as here, is reached by its own URL.
func ExampleNewWeCom() {
	wecom := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var said struct{ Markdown struct{ Content string } }
		if err := json.NewDecoder(r.Body).Decode(&said); err != nil {
			fmt.Println(err)
		}
		fmt.Println(said.Markdown.Content)
		fmt.Fprintln(w, `{"errcode":93000,"errmsg":"invalid webhook url"}`)
	}))
	defer wecom.Close()

	robot, err := outbox.NewWeCom(outbox.RobotConfig{
		URL:          wecom.URL + "/cgi-bin/webhook/send?key=0f1e2d3c",
		AllowPrivate: true,
		AllowHTTP:    true,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer robot.Close()

	err = robot.Notify(context.Background(), outbox.Message{ID: "m-1", Title: "Shop 2.4 failed", Text: "smoke test: exit 1"})
	fmt.Println(err != nil, outbox.IsPermanent(err))
	// Output:
	// **Shop 2.4 failed**
	// smoke test: exit 1
	// true true
}
