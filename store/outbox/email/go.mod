module github.com/penstock-go/penstock/store/outbox/email

go 1.26

require (
	github.com/emersion/go-sasl v0.0.0-20241020182733-b788ff22d5a6
	github.com/emersion/go-smtp v0.25.1
	github.com/google/go-cmp v0.7.0
	github.com/penstock-go/penstock v0.0.0
	github.com/wneessen/go-mail v0.8.1
)

require (
	github.com/oklog/ulid/v2 v2.1.2 // indirect
	github.com/sosodev/duration v1.4.0 // indirect
	golang.org/x/crypto v0.54.0 // indirect
	golang.org/x/text v0.40.0 // indirect
)

replace github.com/penstock-go/penstock => ../../..
