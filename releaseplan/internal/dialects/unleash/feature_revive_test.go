package unleash_test

import "testing"

// A feature that comes back is off everywhere, however it does; one that was not archived stays as it is.
func TestFeatureRevived(t *testing.T) {
	for name, back := range map[string][3]string{
		"revive": {"POST", "/api/admin/archive/revive/checkout", ""},
		"update": {"PUT", atCheckout, `{"archived":false}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newClientWorld(t)
			w.Do("POST", atShop, `{"name":"checkout"}`).Want(201)
			w.Do("POST", inTest+"/on", nil).Want(200, "")
			w.Do(back[0], back[1], bodyOf(back[2])).Want(200)
			if a := w.Do("GET", inTest, nil); a.Get("enabled") != true {
				t.Errorf("it was turned off: %s", a.Body)
			}
			w.Do("DELETE", atCheckout, nil).Want(202, "")
			w.Do(back[0], back[1], bodyOf(back[2])).Want(200)
			if a := w.Do("GET", inTest, nil); a.Get("enabled") != false || a.Get("strategies.0.name") != "flexibleRollout" {
				t.Errorf("%s", a.Body)
			}
		})
	}
}
