package mask

import (
	"bytes"
	"strings"
	"sync"
)

// May reports whether bytes can hold a text that [Text] changes, whatever lies between
// texts. It takes one pass, a fiftieth of the time of Text, and errs on one side only: where
// it is false, there is nothing to hide.
func May(b []byte) bool {
	w := beginnings()
	for i := 0; i+1 < len(b); i++ {
		at := pair(b[i], b[i+1])
		if w.known[at>>6]&(1<<(at&63)) == 0 {
			continue
		}
		for _, word := range w.lists[w.list[at]] {
			if hasWord(b[i:], word) {
				return true
			}
		}
	}
	return false
}

// words are those that forms begin with, by their first two bytes in lower case.
type words struct {
	known [1 << 16 / 64]uint64
	list  [1 << 16]uint8 // number of the list of those with these two bytes
	lists [][]string
}

// beginnings is made of the table of rules once.
var beginnings = sync.OnceValue(func() *words {
	w := &words{}
	add := func(word string) {
		at := pair(word[0], word[1])
		if w.known[at>>6]&(1<<(at&63)) == 0 {
			w.known[at>>6] |= 1 << (at & 63)
			w.list[at] = uint8(len(w.lists))
			w.lists = append(w.lists, nil)
		}
		w.lists[w.list[at]] = append(w.lists[w.list[at]], strings.ToLower(word))
	}
	for _, r := range rules {
		for _, word := range r.words {
			add(word)
		}
	}
	add(keyBegin)
	return w
})

func pair(a, b byte) uint16 { return uint16(small(a))<<8 | uint16(small(b)) }

func small(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// hasWord reports whether b begins with a word in lower case. Every address of a web page
// has the beginning of one with a password; only those with @ behind it can be one.
func hasWord(b []byte, word string) bool {
	if len(b) < len(word) {
		return false
	}
	for i := range len(word) {
		if small(b[i]) != word[i] {
			return false
		}
	}
	return word != "://" || bytes.IndexByte(b, '@') >= 0
}
