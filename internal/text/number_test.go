package text

import (
	"math"
	"testing"
	"time"
)

func TestNumbers(t *testing.T) {
	day := time.Date(2026, 3, 1, 23, 59, 0, 0, time.FixedZone("", 3600))
	for _, tt := range []struct{ got, want string }{
		{Number(0), "0"},
		{Number(999), "999"},
		{Number(1000), "1,000"},
		{Number(-999), "-999"},
		{Number(-123456), "-123,456"},
		{Number(int64(math.MinInt64)), "-9,223,372,036,854,775,808"},
		{Count(0, "file"), "0 files"},
		{Count(1, "file"), "1 file"},
		{Count(int64(1234), "span"), "1,234 spans"},
		{Count(2, "retry"), "2 retries"},
		{Count(2, "day"), "2 days"},
		{Count(2, "match"), "2 matches"},
		{Count(2, "process"), "2 processes"},
		{Size(0), "0 bytes"},
		{Size(1), "1 byte"},
		{Size(999), "999 bytes"},
		{Size(1000), "1.0 kB"},
		{Size(999_949), "999.9 kB"},
		{Size(999_950), "1.0 MB"},
		{Size(5 << 30), "5.4 GB"},
		{Size(math.MaxInt64), "9.2 EB"},
		{Duration(0), "0s"},
		{Duration(1_234_567), "1.2ms"},
		{Duration(12_345 * time.Millisecond), "12.35s"},
		{Duration(3723*time.Second + 400*time.Millisecond), "1h2m3s"},
		{Period(day, day.Add(10*time.Minute)), "2026-03-01 22:59:00 to 23:09:00 UTC (10m0s)"},
		{Period(day, day.Add(2*time.Hour)), "2026-03-01 22:59:00 to 2026-03-02 00:59:00 UTC (2h0m0s)"},
		{Age(59 * time.Second), "now"},
		{Age(-time.Hour), "now"},
		{Age(5 * time.Minute), "5 min ago"},
		{Age(47 * time.Hour), "47 h ago"},
		{Age(48 * time.Hour), "2 d ago"},
	} {
		if tt.got != tt.want {
			t.Errorf("%q, want %q", tt.got, tt.want)
		}
	}
}
