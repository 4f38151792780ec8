package mcp

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
)

// mostCursor bounds a cursor, in bytes.
const mostCursor = 64

// place is where a list goes on: the number of its next element, and a time in Unix ms that
// the list is pinned to, or 0.
type place struct {
	at  int
	pin int64
}

// question is what a cursor is bound to: a tool and its arguments.
type question [8]byte

// questionOf makes that of a tool, of the run that its argument came to, and of its
// arguments. Where the list goes on, and how many of it are wanted, do not count.
func questionOf(tool, run string, in any) question {
	var args map[string]any
	encoded, err := json.Marshal(in)
	if err == nil {
		err = json.Unmarshal(encoded, &args)
	}
	if err != nil {
		args = nil
	}
	for _, name := range []string{"cursor", "limit", "max_findings"} {
		delete(args, name)
	}
	encoded, _ = json.Marshal([]any{tool, run, args}) // maps are encoded in the order of keys
	sum := sha256.Sum256(encoded)
	return question(sum[:8])
}

var errCursor = errors.New("the cursor does not belong to these arguments")

// cursorOf writes where the list of a question goes on.
func cursorOf(q question, p place) string {
	b := binary.AppendUvarint(q[:len(q):len(q)], uint64(p.at))
	b = binary.AppendVarint(b, p.pin)
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(append(b, sum[:4]...))
}

// readCursor reads where the list of a question goes on; "" is its beginning. A cursor of
// another question is errCursor.
func readCursor(q question, cursor string) (p place, err error) {
	if cursor == "" {
		return place{}, nil
	}
	if len(cursor) > mostCursor {
		return place{}, errCursor
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(b) < len(q)+2+4 || question(b[:len(q)]) != q {
		return place{}, errCursor
	}
	body := b[:len(b)-4]
	if sum := sha256.Sum256(body); string(sum[:4]) != string(b[len(b)-4:]) {
		return place{}, errCursor
	}
	at, n := binary.Uvarint(body[len(q):])
	if n <= 0 || at > math.MaxInt32 {
		return place{}, errCursor
	}
	pin, m := binary.Varint(body[len(q)+n:])
	if m <= 0 || len(q)+n+m != len(body) {
		return place{}, errCursor
	}
	return place{int(at), pin}, nil
}
