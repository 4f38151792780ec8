package runfile

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

// The types of this file read a field of JSON in any spelling that writers use for
// it: numbers with or without a fraction, numbers in quotes, and texts. A value that cannot
// be read as the type becomes the zero value without an error: one odd field must not cost
// the file.

// MaxTime is the last time that is accepted, in seconds: in the year 2242. Up to
// that time, nanoseconds fit an int64.
const MaxTime = 1 << 33

const minTime = 631_152_000 // the year 1990

// scalar is what a JSON string holds, or a number or a bool as it is spelled. ok is
// false for null, lists and objects.
func scalar(data []byte) (s string, ok bool) {
	data = bytes.TrimSpace(data)
	if len(data) == 0 {
		return "", false
	}
	switch data[0] {
	case '"':
		return s, json.Unmarshal(data, &s) == nil
	case '{', '[', 'n':
		return "", false
	}
	return string(data), true
}

// word is a text; a number or a bool in its place is taken as it is spelled.
type word string

// UnmarshalJSON implements [json.Unmarshaler].
func (w *word) UnmarshalJSON(data []byte) error {
	if s, ok := scalar(data); ok {
		*w = word(s)
	}
	return nil
}

// integer is a whole number.
type integer int64

// UnmarshalJSON implements [json.Unmarshaler].
func (i *integer) UnmarshalJSON(data []byte) error {
	s, _ := scalar(data)
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		*i = integer(n)
	} else if f, err := strconv.ParseFloat(s, 64); err == nil && math.Abs(f) < 1<<53 {
		*i = integer(f)
	}
	return nil
}

// truth is a bool that may be absent.
type truth struct{ known, is bool }

// UnmarshalJSON implements [json.Unmarshaler].
func (t *truth) UnmarshalJSON(data []byte) error {
	s, _ := scalar(data)
	if is, err := strconv.ParseBool(strings.TrimSpace(s)); err == nil {
		*t = truth{true, is}
	}
	return nil
}

// instant is a point in time: RFC 3339, or a number since 1970 in seconds. A number that is
// too large for seconds is in milli-, micro- or nanoseconds. A time before Prow existed is
// zero: Kubernetes writes 1970 for no time.
type instant struct{ time.Time }

// UnmarshalJSON implements [json.Unmarshaler].
func (i *instant) UnmarshalJSON(data []byte) error {
	s, _ := scalar(data)
	t := moment(strings.TrimSpace(s))
	if s := t.Unix(); s >= minTime && s <= MaxTime {
		i.Time = t.UTC()
	}
	return nil
}

// moment reads a time; the zero time is none.
func moment(s string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05Z0700", "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t
		}
	}
	// Digit by digit where it can be done: a float64 has no room for nanoseconds.
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 64)
	part, bad := strconv.ParseUint("0"+fraction, 10, 64)
	switch {
	case err == nil && fraction == "" && n > MaxTime:
		unit := int64(1)
		for n/unit > MaxTime {
			unit *= 1000
		}
		return time.Unix(n/unit, n%unit*(1e9/unit))
	case err == nil && bad == nil && len(fraction) <= 9:
		for range 9 - len(fraction) {
			part *= 10
		}
		return time.Unix(n, int64(part))
	}
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) || f <= 0 || f > MaxTime {
		return time.Time{}
	}
	seconds, rest := math.Modf(f)
	return time.Unix(int64(seconds), int64(rest*1e9))
}

// length is a duration as Go writes it, "2h0m0s", or a number of nanoseconds. An invalid
// duration, or one longer than a year, is zero.
type length struct{ time.Duration }

// UnmarshalJSON implements [json.Unmarshaler].
func (l *length) UnmarshalJSON(data []byte) error {
	const most = 366 * 24 * time.Hour
	s, _ := scalar(data)
	s = strings.TrimSpace(s)
	d, err := time.ParseDuration(s)
	if f, bad := strconv.ParseFloat(s, 64); bad == nil && math.Abs(f) < float64(most) {
		d, err = time.Duration(f), nil
	}
	if err == nil && d > 0 && d <= most {
		l.Duration = d
	}
	return nil
}
