module github.com/penstock-go/penstock/releaseplan/internal/dialects

go 1.26.0

replace github.com/penstock-go/penstock => ../../../

require (
	github.com/Unleash/unleash-go-sdk/v5 v5.0.3
	github.com/Unleash/unleash-server-api-go v0.5.0
	github.com/google/go-cmp v0.7.0
	github.com/penstock-go/penstock v0.0.0-00010101000000-000000000000
	github.com/santhosh-tekuri/jsonschema/v6 v6.0.3
)

require (
	github.com/Masterminds/semver/v3 v3.3.1 // indirect
	github.com/davecgh/go-spew v1.1.1 // indirect
	github.com/google/uuid v1.6.0 // indirect
	github.com/oklog/ulid/v2 v2.1.2 // indirect
	github.com/pmezard/go-difflib v1.0.0 // indirect
	github.com/sosodev/duration v1.4.0 // indirect
	github.com/stretchr/objx v0.5.2 // indirect
	github.com/stretchr/testify v1.10.0 // indirect
	github.com/twmb/murmur3 v1.1.8 // indirect
	golang.org/x/text v0.14.0 // indirect
	gopkg.in/validator.v2 v2.0.1 // indirect
	gopkg.in/yaml.v3 v3.0.1 // indirect
)
