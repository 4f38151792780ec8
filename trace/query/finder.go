package query

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strings"

	"prowtrace/trace"
)

// A finder looks for some bytes, or for an ASCII text in any case. It looks for the rarest
// byte of the text if that is rare enough. Otherwise it looks for two neighbouring bytes
// that are rare in traces, at eight places at the same time.
type finder struct {
	want string // in lower case if case does not matter
	fold bool

	rarest int  // its place in want
	scarce bool // it is rare enough to be looked for on its own

	pair        int    // the place of the two bytes in want
	first, next uint64 // each is repeated eight times

	// The bits that distinguish upper case from lower case, repeated as well.
	caseA, caseB uint64
}

// rare orders the bytes that are frequent in encoded spans, the most frequent first.
// All others are rarer.
const rare = "\x00\n\x12e.toasirnlpdc/hu1m0-gk2f_3bv8y4:5697wxjJqz"

// scarceFrom is the first index of rare from which on bytes are rare enough: the fastest
// search for one byte does not stop too often.
const scarceFrom = 30

func newFinder(want string, fold bool) *finder {
	f := &finder{want: want, fold: fold}
	for i := range len(want) {
		if rarity(want[i]) > rarity(want[f.rarest]) {
			f.rarest = i
		}
	}
	f.scarce = want != "" && rarity(want[f.rarest]) >= scarceFrom
	best := -1
	for i := range max(len(want)-1, 0) {
		if r := rarity(want[i]) + rarity(want[i+1]); r > best {
			best, f.pair = r, i
		}
	}
	if best >= 0 {
		f.first, f.caseA = f.repeated(want[f.pair])
		f.next, f.caseB = f.repeated(want[f.pair+1])
	}
	return f
}

func rarity(c byte) int {
	if i := strings.IndexByte(rare, c); i >= 0 {
		return i
	}
	return len(rare)
}

// repeated gives a byte eight times, and the bit of its case eight times.
func (f *finder) repeated(c byte) (char, bit uint64) {
	const ones = 0x0101010101010101
	if f.fold && 'a' <= c && c <= 'z' {
		bit = 0x20 * ones
	}
	return uint64(c) * ones, bit
}

// find gives the place of the bytes in s, or -1. It looks through a long s piece by piece,
// until turn ends.
func (f *finder) find(turn *trace.Turn, s []byte) int {
	if len(s) <= trace.TurnInterval {
		return f.index(s)
	}
	for at := 0; turn.Err() == nil; at += trace.TurnInterval {
		end := min(at+trace.TurnInterval+len(f.want)-1, len(s))
		if i := f.index(s[at:end]); i >= 0 {
			return at + i
		}
		if end == len(s) {
			break
		}
		turn.Spend(trace.TurnInterval)
	}
	return -1
}

// index gives the first place, or any place if case does not matter.
func (f *finder) index(s []byte) int {
	switch {
	case len(f.want) < 2 || len(s) < len(f.want):
		return f.indexShort(s)
	case !f.scarce:
		return f.indexPair(s)
	}
	c := f.want[f.rarest]
	i := f.indexRarest(s, c)
	if f.fold && i < 0 && upper(c) != c {
		i = f.indexRarest(s, upper(c))
	}
	return i
}

// indexRarest looks for the rarest byte, in one case. If that turns out to be frequent, it
// looks for the pair.
func (f *finder) indexRarest(s []byte, c byte) int {
	places := s[f.rarest : len(s)-len(f.want)+f.rarest+1]
	for at, stops := 0, 0; ; stops++ {
		if stops > 4+at/64 {
			if i := f.indexPair(s[at:]); i >= 0 {
				return at + i
			}
			return -1
		}
		i := bytes.IndexByte(places[at:], c)
		if i < 0 {
			return -1
		}
		if at += i; f.is(s[at : at+len(f.want)]) {
			return at
		}
		at++
	}
}

func (f *finder) indexPair(s []byte) int {
	const low, high = 0x0101010101010101, 0x8080808080808080
	n := len(f.want)
	if len(s) < n {
		return -1
	}
	// The pair can be at each of these places except the last, which is its second half.
	places := s[f.pair : len(s)-n+f.pair+2]
	for len(places) >= 9 {
		a := binary.LittleEndian.Uint64(places) | f.caseA ^ f.first
		b := binary.LittleEndian.Uint64(places[1:]) | f.caseB ^ f.next
		both := a | b
		for zero := (both - low) &^ both & high; zero != 0; zero &= zero - 1 { // the lowest bit marks a byte that is zero
			at := len(s) - n - (len(places) - 2) + bits.TrailingZeros64(zero)/8
			if f.is(s[at : at+n]) {
				return at
			}
		}
		places = places[8:]
	}
	for at := len(s) - n - (len(places) - 2); at <= len(s)-n; at++ {
		if f.is(s[at : at+n]) {
			return at
		}
	}
	return -1
}

// indexShort handles less than two bytes, or a text shorter than what is looked for.
func (f *finder) indexShort(s []byte) int {
	switch {
	case f.want == "":
		return 0
	case len(s) < len(f.want):
		return -1
	}
	i := bytes.IndexByte(s, f.want[0])
	if f.fold && i < 0 {
		i = bytes.IndexByte(s, upper(f.want[0]))
	}
	return i
}

// is compares the beginning of s with what is looked for.
func (f *finder) is(s []byte) bool {
	if f.fold {
		return equalFold(s, f.want)
	}
	return string(s) == f.want
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}
