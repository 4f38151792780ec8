package mcp

import (
	"encoding/json"
	"reflect"
)

// Page says how much of a list an answer holds.
type Page struct {
	Total     int    `json:"total_count" jsonschema:"how many there are in all, of which this answer may hold a part"`
	Minimum   bool   `json:"total_count_is_minimum,omitempty" jsonschema:"there are more than total_count; nobody counted them"`
	Truncated bool   `json:"truncated" jsonschema:"the answer does not hold all that was asked for"`
	Next      string `json:"next_cursor,omitempty" jsonschema:"give this as cursor, with the same arguments, for what follows"`
}

// around is how many bytes there are around an answer: those of the protocol, and a cursor
// twice.
const around = 700

// room is how many bytes a value takes in what is sent: once as structured content, and
// once more within a text, for clients that know no other.
func room(v any) int {
	once, err := json.Marshal(v)
	if err != nil {
		return 1 << 30 // it is no JSON: nothing fits
	}
	again, _ := json.Marshal(string(once))
	return len(once) + len(again) - 2
}

// squeeze cuts texts and lists of a value, more and more, until it fits some bytes.
func squeeze(v reflect.Value, bytes int) (cut bool) {
	for size, items := longText, 20; room(v.Interface()) > bytes && size > 8; size, items = size/2, max(1, items*2/3) {
		shorten(v, size, items)
		cut = true
	}
	return cut
}

// fill puts as much of a list into an answer as the limit and the bound on its bytes allow.
// The list has p.Total elements, of which make gives each; the first that is wanted is at.
func fill[T any](c *call, answer any, items *[]T, p *Page, at, limit int, make func(i int) T) {
	fillSome(c, answer, items, p, at, min(limit, max(0, p.Total-at)), make)
	if end := at + len(*items); end < p.Total {
		p.Truncated = true
		p.Next = c.cursor(end)
	}
}

// fillSome puts up to n elements into an answer.
func fillSome[T any](c *call, answer any, items *[]T, p *Page, at, n int, make func(i int) T) {
	*items = []T{}
	withLists(reflect.ValueOf(answer))
	most := c.server.o.Answer - around
	if squeeze(reflect.ValueOf(answer).Elem(), most/2) {
		p.Truncated = true
	}
	left := most - room(answer)
	for i := at; i < at+n; i++ {
		item := make(i)
		v := reflect.ValueOf(&item)
		withLists(v)
		need := room(item) + 2
		if need > left && len(*items) > 0 {
			break
		}
		if need > left {
			squeeze(v.Elem(), left-2)
		}
		*items = append(*items, item)
		left -= room(item) + 2
	}
}

// whole makes an answer without a list that can go on fit its bound.
func whole(c *call, answer any, p *Page) {
	withLists(reflect.ValueOf(answer))
	if squeeze(reflect.ValueOf(answer).Elem(), c.server.o.Answer-around) {
		p.Truncated = true
	}
}
