package query

import (
	"math"
	"testing"
	"time"
)

// times are the origins of a time: the start of a trace, and its run.
type times struct {
	trace int64
	run   extent
}

func TestTimes(t *testing.T) {
	at := func(s string) int64 {
		u, err := time.Parse("2006-01-02 15:04:05.999999999", s)
		if err != nil {
			t.Fatal(err)
		}
		return u.UnixNano()
	}
	noon := times{at("2025-03-13 12:10:00"), extent{at("2025-03-13 11:50:30"), at("2025-03-13 13:20:00")}}
	night := times{at("2025-03-14 00:10:00"), extent{at("2025-03-13 23:50:30"), at("2025-03-14 01:20:00")}}
	for _, test := range []struct {
		in     string
		within times
		want   string // "" means that it is not a time
	}{
		{"12:03", noon, "2025-03-13 12:03:00"},
		{"12:03:05.25", noon, "2025-03-13 12:03:05.25"},
		{"00:00", noon, "2025-03-13 00:00:00"},
		{"23:59", noon, "2025-03-13 23:59:00"},
		{"23:50", night, "2025-03-13 23:50:00"},
		{"23:55", night, "2025-03-13 23:55:00"},
		{"00:30", night, "2025-03-14 00:30:00"},
		{"02:00", night, "2025-03-14 02:00:00"},
		{"22:00", night, "2025-03-13 22:00:00"},
		{"+5m", noon, "2025-03-13 12:15:00"},
		{"+0", noon, "2025-03-13 12:10:00"},
		{"+1h30m0.5s", night, "2025-03-14 01:40:00.5"},
		{"12:03:05Z", noon, "2025-03-13 12:03:05"}, {"14:03+02:00", noon, "2025-03-13 12:03:00"}, {"06:33-05:30", noon, "2025-03-13 12:03:00"},
		{"00:30+02:00", noon, "2025-03-12 22:30:00"}, {"23:00-12:00", noon, "2025-03-13 11:00:00"},
		{"01:55+02:00", night, "2025-03-13 23:55:00"}, {"02:30+02:00", night, "2025-03-14 00:30:00"}, {"16:30-08:00", night, "2025-03-14 00:30:00"}, {"15:55-08:00", night, "2025-03-13 23:55:00"},
		{"2025-03-13 14:03:05.250 UTC+02:00", night, "2025-03-13 12:03:05.25"}, {"2025-03-13 07:03:05 UTC−05:00", night, "2025-03-13 12:03:05"}, {"2025-03-13 12:03:05.250 UTC", night, "2025-03-13 12:03:05.25"},
		{"2025-03-13 12:03", night, "2025-03-13 12:03:00"}, {"12:03:05 UTC", noon, "2025-03-13 12:03:05"}, {"14:03 UTC+02:00", noon, "2025-03-13 12:03:00"},
		{"+1d", noon, "2025-03-14 12:10:00"}, {"+1w2d", noon, "2025-03-22 12:10:00"},
		{"1970-01-01T00:30+02:00", noon, "1970-01-01 00:00:00"},
		{"2025-03-13T12:03:05Z", night, "2025-03-13 12:03:05"},
		{"2025-03-13t12:03:05.5z", night, "2025-03-13 12:03:05.5"},
		{"2025-03-13T12:03:05-05:00", night, "2025-03-13 17:03:05"},
		{"2025-03-13T12:03Z", night, "2025-03-13 12:03:00"},
		{"2025-03-13T12:03", night, "2025-03-13 12:03:00"},
		{"2025-03-14", noon, "2025-03-14 00:00:00"},
		{"0001-01-01", noon, "1970-01-01 00:00:00"},
		{"9999-12-31T23:59:59Z", noon, "2262-04-11 23:47:16.854775807"},
		{"+2562047h", noon, "2262-04-11 23:47:16.854775807"},
		{"", noon, ""}, {"+", noon, ""}, {"-5m", noon, ""}, {"+-5m", noon, ""}, {"24:00", noon, ""}, {"12", noon, ""}, {"12:03+25:00", noon, ""}, {"12:03 UTC+2", noon, ""}, {"2025-02-30", noon, ""}, {"noon", noon, ""},
	} {
		m, ok := parseTime(test.in)
		switch {
		case ok != (test.want != ""):
			t.Errorf("%q: ok is %v", test.in, ok)
		case ok && m.in(test.within.trace, test.within.run) != at(test.want):
			t.Errorf("%q: %s, want %s", test.in, time.Unix(0, m.in(test.within.trace, test.within.run)).UTC(), test.want)
		}
	}
}

func FuzzTime(f *testing.F) {
	for _, s := range []string{"12:03:05.5", "+5m", "00:00+14:00", "23:59-12:00", "12:03 UTC−05:00", "2025-03-13T12:03:05Z", "2262-04-12", "+2562047h47m16.854775807s"} {
		f.Add(s, int64(0), int64(1735787045e9), int64(math.MaxInt64))
		f.Add(s, int64(math.MaxInt64-1), int64(math.MaxInt64-2), int64(math.MaxInt64-1))
	}
	f.Fuzz(func(t *testing.T, s string, trace, start, end int64) {
		m, ok := parseTime(s)
		if !ok {
			return
		}
		w := times{trace: max(trace, 0), run: extent{max(start, 0), max(start, end, 0)}}
		if at := m.in(w.trace, w.run); at < 0 {
			t.Errorf("%s is %d, before 1970", s, at)
		}
	})
}
