package runfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// decode reads JSON as far as it goes: a field of another type than expected is
// left out and the rest is read. It returns what was wrong.
func decode(data []byte, into any) error {
	if len(data) == 0 {
		return nil
	}
	return json.Unmarshal(data, into)
}

// MaxTime is the last time that is believed, in seconds: in the year 2242. Up to
// there nanoseconds fit an int64.
const MaxTime = 1 << 33

// unixTime is the time of a timestamp in seconds, zero where there is none or it
// makes no sense.
func unixTime(seconds *int64) time.Time {
	if seconds == nil || *seconds <= 0 || *seconds > MaxTime {
		return time.Time{}
	}
	return time.Unix(*seconds, 0).UTC()
}

// instant is a time in JSON. What is no time is the zero time, not an error: one
// odd field must not cost the file.
type instant struct{ time.Time }

// UnmarshalJSON implements [json.Unmarshaler].
func (i *instant) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) != nil {
		return nil
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 || t.Year() > 2200 {
		return nil
	}
	i.Time = t.UTC()
	return nil
}

// length is a duration in JSON, as Go writes it: "2h0m0s". What is none, or longer
// than a month, is zero.
type length struct{ time.Duration }

// UnmarshalJSON implements [json.Unmarshaler].
func (l *length) UnmarshalJSON(data []byte) error {
	var s string
	if json.Unmarshal(data, &s) != nil {
		return nil
	}
	if d, err := time.ParseDuration(s); err == nil && d > 0 && d <= 31*24*time.Hour {
		l.Duration = d
	}
	return nil
}

// positive is a number of nanoseconds; nonsense is 0.
func positive(ns int64) time.Duration {
	if ns < 0 || ns > int64(10*365*24*time.Hour) {
		return 0
	}
	return time.Duration(ns)
}

// eachElement calls f with up to most elements of a JSON array. Of one that breaks
// off, those before the break are good.
func eachElement(data []byte, most int, f func(json.RawMessage) error) error {
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		if errors.Is(err, io.EOF) || t == nil && err == nil {
			return nil // an empty file, or null
		}
		return errors.New("want a list in JSON")
	}
	var first error
	for n := 0; d.More(); n++ {
		if n == most {
			return fmt.Errorf("more than %d elements", most)
		}
		var element json.RawMessage
		if err := d.Decode(&element); err != nil {
			return fmt.Errorf("it breaks off: %w", err)
		}
		if err := f(element); err != nil && first == nil {
			first = err
		}
	}
	return first
}
