package penstock_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/penstock-go/penstock"
)

func TestParseDuration(t *testing.T) {
	for _, row := range []struct {
		in   string
		want penstock.Duration
		out  string // how it is written; in if empty
	}{
		{"PT0S", penstock.Duration{}, ""},
		{"P0D", penstock.Duration{}, "PT0S"},
		{"P0Y0M0DT0H0M0S", penstock.Duration{}, "PT0S"},
		{"P21D", penstock.Duration{Days: 21}, ""},
		{"PT32M54S", penstock.Duration{Time: 32*time.Minute + 54*time.Second}, ""},
		{"P1291DT12H32M54S", penstock.Duration{Days: 1291, Time: 12*time.Hour + 32*time.Minute + 54*time.Second}, ""},
		{"P3W", penstock.Duration{Days: 21}, "P21D"},
		{"P1Y", penstock.Duration{Months: 12}, ""},
		{"P14M", penstock.Duration{Months: 14}, "P1Y2M"},
		{"P1Y2M3DT4H5M6S", penstock.Duration{Months: 14, Days: 3, Time: 4*time.Hour + 5*time.Minute + 6*time.Second}, ""},
		{"P1M", penstock.Duration{Months: 1}, ""},
		{"PT1M", penstock.Duration{Time: time.Minute}, ""},
		{"PT36H", penstock.Duration{Time: 36 * time.Hour}, "P1DT12H"},
		{"P1DT36H", penstock.Duration{Days: 1, Time: 36 * time.Hour}, "P2DT12H"},
		{"PT90M", penstock.Duration{Time: 90 * time.Minute}, "PT1H30M"},
		{"PT86400S", penstock.Duration{Time: 24 * time.Hour}, "P1D"},
		{"PT1.5S", penstock.Duration{Time: 1500 * time.Millisecond}, ""},
		{"PT0.000001S", penstock.Duration{Time: time.Microsecond}, ""},
		{"PT59.999999S", penstock.Duration{Time: time.Minute - time.Microsecond}, ""},
		{"PT59.9999999S", penstock.Duration{Time: time.Minute}, "PT1M"},
		{"PT0.0000004S", penstock.Duration{}, "PT0S"},
		{"P007D", penstock.Duration{Days: 7}, "P7D"},
		{"P36600D", penstock.Duration{Days: penstock.MaxDuration}, ""},
		{"PT878400H", penstock.Duration{Time: 878_400 * time.Hour}, "P36600D"},
		{"P98Y", penstock.Duration{Months: 98 * 12}, ""},
	} {
		got, err := penstock.ParseDuration(row.in)
		if err != nil {
			t.Errorf("%s: %v", row.in, err)
			continue
		}
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", row.in, diff)
		}
		if row.out == "" {
			row.out = row.in
		}
		if got.String() != row.out {
			t.Errorf("%s is written as %s, want %s", row.in, got, row.out)
		}
	}
}

func TestParseDurationRefuses(t *testing.T) {
	for _, row := range []struct{ rule, in string }{
		{"nothing", ""},
		{"no part", "P"},
		{"no part behind T", "PT"},
		{"a T with nothing behind it", "P1DT"},
		{"no P", "1D"},
		{"no P", "T1H"},
		{"no unit", "P1"},
		{"no number", "PD"},
		{"no number", "PTS"},
		{"negative", "-P1D"},
		{"negative part", "P-1D"},
		{"plus sign", "+P1D"},
		{"plus sign", "P+1D"},
		{"lower case", "p1d"},
		{"white space", " P1D"},
		{"white space", "P1D\n"},
		{"hours without T", "P1H"},
		{"days behind T", "PT1D"},
		{"wrong order", "P1D1M"},
		{"wrong order", "PT1S1M"},
		{"a part twice", "P1D1D"},
		{"a T twice", "P1DT1HT1M"},
		{"weeks with others", "P1W1D"},
		{"weeks with others", "P1Y1W"},
		{"a fraction of a day", "P1.5D"},
		{"a fraction of an hour", "PT1.5H"},
		{"a fraction of a minute", "PT1.5M"},
		{"a fraction without digits", "PT1.S"},
		{"a fraction without a whole", "PT.5S"},
		{"an exponent", "PT1e3S"},
		{"other digits", "P١D"},
		{"Go's own form", "1h30m"},
		{"too long in years", "P300Y"},
		{"too long in days", "P36601D"},
		{"too long in hours", "PT878425H"},
		{"too long in all", "P98YT3600H"},
		{"too long to be counted", "PT999999999H999999999M999999999S"},
		{"too many digits", "PT1000000000S"},
		{"much too long a text", "P" + strings.Repeat("1", 1_000_000) + "D"},
	} {
		got, err := penstock.ParseDuration(row.in)
		if !errors.Is(err, penstock.ErrInvalid) || !got.IsZero() {
			t.Errorf("%s: %.40q is %+v and %v, want an ErrInvalid alone", row.rule, row.in, got, err)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("%s: the error has %d bytes", row.rule, len(err.Error()))
		}
	}
}

func TestDurationFromTime(t *testing.T) {
	for _, row := range []struct {
		in   time.Duration
		want string
	}{
		{0, "PT0S"},
		{-time.Hour, "PT0S"},
		{time.Microsecond - 1, "PT0S"},
		{1500 * time.Nanosecond, "PT0.000001S"},
		{24*time.Hour - time.Microsecond, "PT23H59M59.999999S"},
		{24 * time.Hour, "P1D"},
		{1291*24*time.Hour + 12*time.Hour + 32*time.Minute + 54*time.Second, "P1291DT12H32M54S"},
		{1<<63 - 1, "P106751DT23H47M16.854775S"},
	} {
		if got := penstock.FromTime(row.in).String(); got != row.want {
			t.Errorf("%v is %s, want %s", row.in, got, row.want)
		}
	}
}

func TestDurationsAreAddedAsDates(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	for _, row := range []struct {
		rule, duration string
		from, want     time.Time
	}{
		{
			"days and less", "P1291DT12H32M54S",
			time.Date(2016, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2019, 7, 15, 12, 32, 54, 0, time.UTC),
		},
		{"nothing", "PT0S", time.Date(2026, 3, 1, 0, 0, 0, 1, time.UTC), time.Date(2026, 3, 1, 0, 0, 0, 1, time.UTC)},
		{"a month", "P1M", time.Date(2026, 2, 15, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)},
		{"a month that has no such day", "P1M", time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)},
		{"months and days at once", "P1M1D", time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC), time.Date(2026, 3, 4, 0, 0, 0, 0, time.UTC)},
		{"a year over a leap day", "P1Y", time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC), time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC)},
		{"the zone stays", "P1DT1H", time.Date(2026, 3, 1, 23, 30, 0, 0, berlin), time.Date(2026, 3, 3, 0, 30, 0, 0, berlin)},
	} {
		d, err := penstock.ParseDuration(row.duration)
		if err != nil {
			t.Fatal(err)
		}
		if got := d.AddTo(row.from); !got.Equal(row.want) || got.Location() != row.want.Location() {
			t.Errorf("%s: %v and %s is %v, want %v", row.rule, row.from, d, got, row.want)
		}
	}
}

func TestDurationsInJSON(t *testing.T) {
	type window struct {
		Takes penstock.Duration `json:"takes,omitzero"`
	}
	for want, in := range map[string]window{
		`{"takes":"P21D"}`: {penstock.Duration{Days: 21}},
		`{}`:               {},
	} {
		got, err := json.Marshal(in)
		if err != nil || string(got) != want {
			t.Errorf("got %s and %v, want %s", got, err, want)
		}
		var back window
		if err := json.Unmarshal(got, &back); err != nil || back != in {
			t.Errorf("%s is read as %+v and %v", got, back, err)
		}
	}
	var w window
	if err := json.Unmarshal([]byte(`{"takes":"P1DT"}`), &w); !errors.Is(err, penstock.ErrInvalid) || w != (window{}) {
		t.Errorf("got %+v and %v, want an ErrInvalid alone", w, err)
	}
}

// What ParseDuration takes, String writes so that it is read as the same
// length, and the second time as the very same value.
func FuzzParseDuration(f *testing.F) {
	for _, s := range []string{
		"P", "PT", "P1DT", "P300Y", "P1291DT12H32M54S", "P21D", "PT32M54S", "P3W", "P1Y2M3DT4H5M6.789S",
		"PT0.000001S", "PT59.9999999S", "PT1,5S", "PT36H", "-P1D", "P36600D", "PT999999999S",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, err := penstock.ParseDuration(s)
		if err != nil {
			if !errors.Is(err, penstock.ErrInvalid) || !d.IsZero() {
				t.Fatalf("%q is %+v and %v, want an ErrInvalid alone", s, d, err)
			}
			return
		}
		if d.Months < 0 || d.Days < 0 || d.Time < 0 || d.Time%time.Microsecond != 0 {
			t.Fatalf("%q is %+v", s, d)
		}
		normal, err := penstock.ParseDuration(d.String())
		if err != nil {
			t.Fatalf("%q is written as %s: %v", s, d, err)
		}
		rest := penstock.FromTime(d.Time)
		if want := (penstock.Duration{Months: d.Months, Days: d.Days + rest.Days, Time: rest.Time}); normal != want {
			t.Fatalf("%q is written as %s, which is %+v, want %+v", s, d, normal, want)
		}
		if again := normal.String(); again != d.String() {
			t.Fatalf("%q is written as %s and then as %s", s, d, again)
		}
		start := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
		if a, b := d.AddTo(start), normal.AddTo(start); !a.Equal(b) {
			t.Fatalf("%q ends at %v, written as %s at %v", s, a, d, b)
		}
	})
}

func BenchmarkParseDuration(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := penstock.ParseDuration("P1291DT12H32M54S"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDurationString(b *testing.B) {
	b.ReportAllocs()
	d := penstock.Duration{Days: 1291, Time: 12*time.Hour + 32*time.Minute + 54*time.Second}
	for b.Loop() {
		if d.String() == "" {
			b.Fatal("no text")
		}
	}
}
