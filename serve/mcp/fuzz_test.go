package mcp_test

import (
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"prowtrace/serve/mcp"
)

// A cursor is read only where it was written, for the question that it was written for.
func FuzzCursor(f *testing.F) {
	f.Add("a", "b", 7, int64(1795132900000), "")
	f.Add("", "x", 0, int64(0), mcp.Cursor("x", 3, 4))
	f.Fuzz(func(t *testing.T, asked, other string, at int, pin int64, given string) {
		if at >= 0 && at <= 1<<31-1 {
			written := mcp.Cursor(asked, at, pin)
			if a, p, err := mcp.ReadCursor(asked, written); err != nil || a != at || p != pin || len(written) > 64 {
				t.Errorf("%q is read as %d, %d, %v", written, a, p, err)
			}
			if _, _, err := mcp.ReadCursor(other, written); err == nil && other != asked {
				t.Errorf("%q is read for %q, and was written for %q", written, other, asked)
			}
		}
		if a, p, err := mcp.ReadCursor(asked, given); err == nil && given != "" && mcp.Cursor(asked, a, p) != given {
			t.Errorf("%q is read as %d, %d, which is written %q", given, a, p, mcp.Cursor(asked, a, p))
		} else if a < 0 {
			t.Errorf("%q is read as %d", given, a)
		}
	})
}

// Arguments are refused in our words where their tool's schema refuses them, and nowhere else.
func FuzzArguments(f *testing.F) {
	for _, s := range []string{`{}`, `[]`, `{"run":"x"}`, `{"run":7}`, `{"run":""}`, `{"job":"j","limit":0,"result":"x"}`, `{"run":"r","limit":1e2,"include_flaky":null}`,
		`{"run":"r","span_ids":["a",1]}`, `{"run":"r","span_ids":[]}`, `{"run":"r","from":-5.0,"to":"x"}`, `{"link":"l"}`, `{"run":"r","depth":2.5}`} {
		f.Add([]byte(s))
	}
	s := mcp.New(mcp.Options{})
	f.Fuzz(func(t *testing.T, raw []byte) {
		for tool, refused := range s.Refusals(raw) {
			if (refused[0] == nil) != (refused[1] == nil) {
				t.Errorf("%s %s: %v, and by its schema: %v", tool, raw, refused[0], refused[1])
			}
		}
	})
}

// A time is one of three forms, and lies in a range that can be written again.
func FuzzTime(f *testing.F) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, s := range []string{"", "-1h", "-7d", "-0h", "--1h", "-9999999d", "2025-03-13", "2025-03-13T01:51:11Z", "2025-03-13T01:51:11.5+02:00", "1h"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := mcp.TimeOf(s, now)
		switch {
		case err != nil && !strings.Contains(err.Error(), "RFC 3339"):
			t.Errorf("%q: %v", s, err)
		case err != nil:
		case s == "" && !got.IsZero():
			t.Errorf("%q is %s", s, got)
		case strings.HasPrefix(s, "-") && (!got.Before(now) || now.Sub(got) > 11*365*24*time.Hour):
			t.Errorf("%q is %s", s, got)
		case got.Location() != time.UTC:
			t.Errorf("%q is in %s", s, got.Location())
		}
	})
}

// Whatever a text holds, what is said of it is bounded, valid, and harmless.
func FuzzSaid(f *testing.F) {
	f.Add("\x1b[31m\u202e token=ghp_0123456789abcdefghijABCDEFGHIJ012345", 20)
	f.Add(strings.Repeat("é", 100), 7)
	f.Fuzz(func(t *testing.T, s string, limit int) {
		limit = 1 + max(limit, -limit)%3000
		got := mcp.Said(s, limit)
		if !utf8.ValidString(got) || len(got) > limit+len("…") {
			t.Errorf("%q is said as %q", s, got)
		}
		for _, r := range got {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
				t.Errorf("%q is said with %U", s, r)
			}
		}
	})
}
