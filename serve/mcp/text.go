package mcp

import (
	"reflect"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
)

// Text is text from outside, fit for an answer: its secrets are masked, characters that
// control a terminal, turn the direction of text or stay unseen are spelled out, and its
// length is bounded. It stands only in fields whose names begin with untrusted_.
type Text string

// Bounds on texts, in bytes.
const (
	longText  = 2000 // of a message or a line
	shortText = 300  // of a name
)

// said makes a text fit for an answer, of at most limit bytes and an ellipsis.
func said[S ~string](s S, limit int) Text {
	head, cut := mask.Cut(string(s), limit)
	safe, _ := text.Block(mask.Text(head), len(head)+len(mask.Mark)*len(head))
	short, shorter := text.Cut(safe, limit)
	if cut || shorter {
		short += "…"
	}
	return Text(short)
}

// name makes a name fit for an answer.
func name[S ~string](s S) Text { return said(s, shortText) }

// fileName is the name of an artifact. It is whole, since it is asked for again, but no
// longer than names of objects can be.
func fileName(s string) Text { return said(s, 1100) }

// lastOf is the end of a text that is too long.
func lastOf(s string, limit int) Text {
	if len(s) <= limit {
		return said(s, limit)
	}
	tail := mask.Tail(s[len(s)-limit:])
	return "…" + said(mask.Text(tail), limit)
}

// shorten cuts all texts in a value to a length, and makes its lists no longer than some.
func shorten(v reflect.Value, bytes, items int) {
	switch v.Kind() {
	case reflect.String:
		if v.Type() == reflect.TypeFor[Text]() {
			if short, cut := text.Cut(v.String(), bytes); cut {
				v.SetString(short + "…")
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			shorten(v.Elem(), bytes, items)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				shorten(v.Field(i), bytes, items)
			}
		}
	case reflect.Slice:
		if v.Len() > items {
			v.SetLen(items)
		}
		for i := range v.Len() {
			shorten(v.Index(i), bytes, items)
		}
	}
}

// withLists makes lists that are nil empty ones: schemas have no null.
func withLists(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			withLists(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() || v.Type().Field(i).Anonymous {
				withLists(v.Field(i))
			}
		}
	case reflect.Slice:
		if v.IsNil() && v.CanSet() {
			v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		}
		for i := range v.Len() {
			withLists(v.Index(i))
		}
	}
}
