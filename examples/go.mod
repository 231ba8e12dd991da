module github.com/penstock-go/penstock/examples

go 1.26

replace github.com/penstock-go/penstock => ../

require (
	github.com/goccy/go-yaml v1.19.2
	github.com/penstock-go/penstock v0.0.0-00010101000000-000000000000
)

require (
	github.com/google/uuid v1.6.0 // indirect
	github.com/oklog/ulid/v2 v2.1.2 // indirect
	github.com/sosodev/duration v1.4.0 // indirect
)
