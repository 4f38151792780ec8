package mask

import (
	"strings"
	"sync"
)

// May reports whether bytes can hold a text that [Text] changes, whatever lies between
// texts. It takes one pass, and errs on one side only: where it is false, there is nothing to
// hide.
func May(b []byte) bool { return may(b) }

func may[T string | []byte](b T) bool {
	w := beginnings()
	const unknown = -2
	lastAt := unknown // where the last @ is
	for i := 0; i+1 < len(b); i++ {
		at := pair(b[i], b[i+1])
		if w.known[at>>6]&(1<<(at&63)) == 0 {
			continue
		}
		for _, word := range w.lists[w.list[at]] {
			if !hasWord(b, i, word) {
				continue
			}
			if word != "://" {
				return true
			}
			// Every address of a web page has the beginning of one with a password; only those
			// with @ behind it can be one.
			if lastAt == unknown {
				lastAt = lastIndex(b, '@')
			}
			if lastAt > i {
				return true
			}
		}
	}
	return false
}

func lastIndex[T string | []byte](b T, c byte) int {
	for i := len(b) - 1; i >= 0; i-- {
		if b[i] == c {
			return i
		}
	}
	return -1
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

// hasWord reports whether b has a word in lower case at a place.
func hasWord[T string | []byte](b T, at int, word string) bool {
	if len(b)-at < len(word) {
		return false
	}
	for i := range len(word) {
		if small(b[at+i]) != word[i] {
			return false
		}
	}
	return true
}
