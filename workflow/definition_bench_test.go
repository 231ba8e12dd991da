package workflow_test

import "testing"

// A definition with every field of every type of job: 17 jobs.
func BenchmarkValidate(b *testing.B) {
	d := definition(b, "full.json")
	for b.Loop() {
		if err := d.Validate(nil); err != nil {
			b.Fatal(err)
		}
	}
}
