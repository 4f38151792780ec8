package launch

import (
	"net/url"
	"strconv"
	"strings"
	"time"
)

// TraceLink is the page of one trace in a Jaeger at base (Process.URL).
func TraceLink(base, traceID string) string {
	return base + "/trace/" + url.PathEscape(traceID)
}

// CompareLink is the page that compares two traces.
func CompareLink(base, a, b string) string {
	return base + "/trace/" + url.PathEscape(a) + "..." + url.PathEscape(b)
}

// Search is a search in Jaeger's UI. Zero fields are left to the UI, whose
// look-back of an hour shows nothing of last week's job: give Start and End.
type Search struct {
	Service   string
	Operation string
	Start     time.Time // rounded down to the UI's microseconds
	End       time.Time // rounded up
	Limit     int       // traces; 0 means 20
}

// Link is the search's page in a Jaeger at base (Process.URL).
func (s Search) Link(base string) string {
	q := url.Values{}
	if s.Service != "" {
		q.Set("service", s.Service)
	}
	if s.Operation != "" {
		q.Set("operation", s.Operation)
	}
	if !s.Start.IsZero() && !s.End.IsZero() {
		end := s.End.UnixMicro()
		if s.End.Nanosecond()%1000 != 0 {
			end++
		}
		q.Set("start", strconv.FormatInt(s.Start.UnixMicro(), 10))
		q.Set("end", strconv.FormatInt(end, 10))
		q.Set("lookback", "custom")
	}
	limit := s.Limit
	if limit <= 0 {
		limit = 20
	}
	q.Set("limit", strconv.Itoa(limit))
	// A space as %20: as + it depends on how the page reads its address.
	return base + "/search?" + strings.ReplaceAll(q.Encode(), "+", "%20")
}
