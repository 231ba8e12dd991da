module github.com/penstock-go/penstock/releaseplan/calendar/ical

go 1.26

require (
	github.com/google/go-cmp v0.7.0
	github.com/penstock-go/penstock v0.0.0
	github.com/teambition/rrule-go v1.8.2
)

require (
	github.com/oklog/ulid/v2 v2.1.2 // indirect
	github.com/sosodev/duration v1.4.0 // indirect
)

replace github.com/penstock-go/penstock => ../../..
