package runfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// decode reads as much of the JSON as it can. A field of another type than expected is
// left out, and the rest is read. It returns what was wrong.
func decode(data []byte, into any) error {
	if len(data) == 0 {
		return nil
	}
	return json.Unmarshal(data, into)
}

// eachElement calls f with at most most elements of a JSON array. If the array breaks
// off, the elements before the break are used.
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
