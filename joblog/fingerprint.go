package joblog

import (
	"bytes"
	"context"
	"encoding/binary"
	"math/bits"
	"runtime"
	"slices"

	"prowtrace/internal/panics"
)

// FingerprintVersion is the version of the rules by which texts are masked. It grows
// when a fingerprint would differ from that of an older version.
const FingerprintVersion = 3

// maxMasked is how many bytes of a line count for its fingerprint.
const maxMasked = 4 << 10

// Masked appends to dst the text of line i with "#" in place of what differs from run
// to run: times, numbers, addresses, ids, the random parts of names and paths. A status
// stays, such as the 403 of "Error 403" and of "HTTP/1.1 403", because another status is another
// failure. At most the first 4 KiB of the text count. The result is not longer than
// that part.
func (l *Log) Masked(dst []byte, i int) []byte {
	line := chomp(l.Raw(i))
	if l.lines[i].clean() {
		return mask(dst, line[:min(len(line), maxMasked)])
	}
	return mask(dst, appendText(nil, line, maxMasked))
}

// Fingerprint returns a hash of [Log.Masked]. It is the same in every process. For many
// lines, [Log.Fingerprints] is faster.
func (l *Log) Fingerprint(i int) uint64 { return hash(l.Masked(nil, i)) }

// Fingerprints returns the fingerprint of every line, in 8 bytes a line that belong to
// the caller. It works on all processors. Each checks ctx at least once a MiB;
// the only error is that of ctx.
func (l *Log) Fingerprints(ctx context.Context) ([]uint64, error) {
	all := make([]uint64, len(l.lines))
	parts := make(chan [2]int)
	var workers panics.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(l.blocks)) {
		workers.Go(func() {
			defer func() {
				for range parts { // otherwise the sender would wait for ever after an error
				}
			}()
			var buf []byte
			for part := range parts {
				buf = l.fingerprints(all, part[0], part[1], buf)
			}
		})
	}
	err := l.eachPart(ctx, parts)
	close(parts)
	workers.Wait()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return nil, err
	}
	return all, nil
}

// eachPart sends ranges of lines until the log or ctx ends. A part is at most a MiB
// of work, because a line counts for 4 KiB at most.
func (l *Log) eachPart(ctx context.Context, parts chan<- [2]int) error {
	const lines = 256
	for i := 0; i < len(l.lines); i += lines {
		select {
		case parts <- [2]int{i, min(i+lines, len(l.lines))}:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

func (l *Log) fingerprints(all []uint64, from, to int, buf []byte) []byte {
	for i := from; i < to; i++ {
		buf = l.Masked(buf[:0], i)
		all[i] = hash(buf)
	}
	return buf
}

// hash mixes eight bytes at a time with a product of 128 bits.
func hash(b []byte) uint64 {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xd1b54a32d192ed03
	h := uint64(len(b)) * k1
	for ; len(b) >= 8; b = b[8:] {
		high, low := bits.Mul64(h^binary.LittleEndian.Uint64(b), k0)
		h = high ^ low ^ k1
	}
	var last [8]byte
	copy(last[:], b)
	high, low := bits.Mul64(h^binary.LittleEndian.Uint64(last[:]), k0)
	high, low = bits.Mul64(high^low^k1, k0)
	return high ^ low
}

// Kinds of bytes, as bits: a word's are collected.
const (
	isAlpha  = 1 << iota
	isNumber // a digit
	notHex   // a letter beyond f
	vowel    // a letter that generated names leave out
	joint    // may stand within a number, address or id
	blank

	near, far           = isAlpha, isAlpha | notHex
	nearVowel, farVowel = near | vowel, far | vowel
)

var kinds = [256]uint8{
	'0': isNumber, '1': isNumber, '2': isNumber, '3': isNumber, '4': isNumber,
	'5': isNumber, '6': isNumber, '7': isNumber, '8': isNumber, '9': isNumber,

	// generated names have neither vowels nor capitals
	'a': nearVowel, 'b': near, 'c': near, 'd': near, 'e': nearVowel, 'f': near,
	'g': far, 'h': far, 'i': farVowel, 'j': far, 'k': far, 'l': far, 'm': far,
	'n': far, 'o': farVowel, 'p': far, 'q': far, 'r': far, 's': far, 't': far,
	'u': farVowel, 'v': far, 'w': far, 'x': far, 'y': far, 'z': far,
	'A': nearVowel, 'B': nearVowel, 'C': nearVowel, 'D': nearVowel, 'E': nearVowel, 'F': nearVowel,
	'G': farVowel, 'H': farVowel, 'I': farVowel, 'J': farVowel, 'K': farVowel, 'L': farVowel, 'M': farVowel,
	'N': farVowel, 'O': farVowel, 'P': farVowel, 'Q': farVowel, 'R': farVowel, 'S': farVowel, 'T': farVowel,
	'U': farVowel, 'V': farVowel, 'W': farVowel, 'X': farVowel, 'Y': farVowel, 'Z': farVowel,

	'_': farVowel, '.': joint, ':': joint, '-': joint, '+': joint, ' ': blank, '\t': blank,
}

// mask appends text to dst with "#" in place of what differs from run to run.
func mask(dst, text []byte) []byte {
	base := len(dst)
	dst = slices.Grow(dst, len(text))
	out, n := dst[base:base+len(text)], 0 // never longer than the text
	if len(text) > 15 && text[0] >= 'A' && text[0] <= 'Z' && text[3] == ' ' {
		if s, rest := leadingStamp(text); s.form != noStamp { // names of days and months
			out[0], n, text = '#', 1, rest
		}
	}
	for i := 0; i < len(text); {
		c := text[i]
		kind := kinds[c]
		if kind&isNumber != 0 {
			end := numberEnd(text, i)
			if end-i == statusLen && isStatus(text[i:end], out[:n]) {
				n += copy(out[n:], text[i:end])
			} else {
				n = addMask(out, n)
			}
			i = end
			continue
		}
		if kind&isAlpha != 0 {
			start := n
			letters := copyLetters(out[n:], text[i:])
			n, i = n+letters, i+letters
			all := uint8(0)
			for ; i < len(text); i++ { // digits and what follows them
				c = text[i]
				if kind = kinds[c]; kind&(isAlpha|isNumber) == 0 {
					break
				}
				all |= kind
				out[n] = c
				n++
			}
			if all&isNumber != 0 || start > 0 && kinds[out[start-1]] == joint {
				for _, c := range out[start : start+letters] {
					all |= kinds[c]
				}
				n = maskWord(out, start, n, all)
			}
			continue
		}
		i++
		if kind == blank {
			if n == 0 || out[n-1] == ' ' {
				continue
			}
			c = ' '
		}
		out[n] = c
		n++
		if c == '/' && i > 4 && string(text[i-5:i-1]) == "/tmp" {
			if end := pathEnd(text, i); end > i {
				out[n], i = '#', end
				n++
			}
		}
	}
	if n > 0 && out[n-1] == ' ' {
		n--
	}
	return dst[:base+n]
}

// numberEnd returns the end of the words at i that begin with a digit each and have a
// joint between them: all of a date, an address or a UUID, mostly.
func numberEnd(text []byte, i int) int {
	for i < len(text) {
		kind := kinds[text[i]]
		if kind&(isAlpha|isNumber) == 0 && (kind != joint || i+1 == len(text) || kinds[text[i+1]]&isNumber == 0) {
			break
		}
		i++
	}
	return i
}

// copyLetters copies the letters that text begins with, eight at a time, and returns how
// many; some that are left when fewer than eight bytes are. More than these may be written
// to out, which is as long as text.
func copyLetters(out, text []byte) (n int) {
	const ones = 0x0101010101010101
	for len(text)-n >= 8 && len(out)-n >= 8 {
		word := binary.LittleEndian.Uint64(text[n:])
		binary.LittleEndian.PutUint64(out[n:], word)
		lower := word&^(0x80*ones) | 0x20*ones
		// Adding carries into the highest bit of a byte where it is 'a' or more, and where
		// it is more than 'z'.
		letters := (lower + (0x80-'a')*ones) &^ (lower + (0x80-'z'-1)*ones) &^ word & (0x80 * ones)
		if others := letters ^ 0x80*ones; others != 0 {
			return n + bits.TrailingZeros64(others)/8
		}
		n += 8
	}
	return n
}

// statusLen is the length of a status of HTTP; exit codes of signals are as long.
const statusLen = 3

// isStatus reports whether three digits or letters are a status, by the word before them.
func isStatus(number, before []byte) bool {
	if number[0] < '1' || number[0] > '5' || !isDigit(number[1]) || !isDigit(number[2]) {
		return false
	}
	end := len(before)
	for least := max(0, end-maxBetween); end > least && kinds[before[end-1]]&isAlpha == 0; {
		end--
	}
	start := end
	for least := max(0, end-maxStatusWord); start > least && kinds[before[start-1]]&isAlpha != 0; {
		start--
	}
	if word := before[start:end]; len(word) > 3 {
		return statusWord(word)
	}
	return false
}

// What lies between a status and the word that announces it is short: HTTP/1.1" 403.
const (
	maxBetween    = 5
	maxStatusWord = 12
)

// statusWord reports whether a word announces a status.
func statusWord(word []byte) bool {
	var lower [maxStatusWord]byte
	for i, c := range word {
		if lower[i] = c; isLetter(c) {
			lower[i] = c | 0x20
		}
	}
	switch string(lower[:len(word)]) {
	case "http", "https", "status", "statuscode", "httpstatus", "code", "errorcode", "exitcode", "error", "errors", "returned", "response", "responded":
		return true
	}
	return bytes.HasSuffix(lower[:len(word)], []byte("_code")) || bytes.HasSuffix(lower[:len(word)], []byte("_status"))
}

// pathEnd returns the end of the part of a path at i.
func pathEnd(text []byte, i int) int {
	for i < len(text) && (kinds[text[i]]&(isAlpha|isNumber|joint) != 0 || text[i] == '@' || text[i] == '%') {
		i++
	}
	return i
}

// maskWord masks the word out[start:end], which begins with a letter and whose bytes
// are of the kinds all, and returns where it ends then.
func maskWord(out []byte, start, end int, all uint8) int {
	word := out[start:end]
	switch {
	case start > 0 && out[start-1] == '-' && isSuffix(word, all),
		all&isNumber != 0 && isID(word, all),
		all&notHex == 0 && len(word) <= 4 && behindColon(out[:start]),
		all&notHex == 0 && len(word) == groupLen && behindDash(out[:start]):
		return addMask(out, start)
	case all&isNumber == 0:
		return end
	}
	n := start
	for _, c := range word {
		if kinds[c]&isNumber == 0 {
			out[n] = c
			n++
		} else if out[n-1] != '#' { // a word begins with a letter here
			out[n] = '#'
			n++
		}
	}
	return n
}

// addMask puts a mask at out[n], or makes it one with the mask before it: dates,
// addresses and versions are several numbers with joints between them.
func addMask(out []byte, n int) int {
	before := n
	for before > 0 && kinds[out[before-1]] == joint {
		before--
	}
	if before > 0 && before >= n-2 && out[before-1] == '#' {
		return before
	}
	out[n] = '#'
	return n + 1
}

// behindColon reports whether out ends with a mask and colons: the groups of an address
// may be letters alone.
func behindColon(out []byte) bool {
	n := len(out)
	for n > 0 && out[n-1] == ':' {
		n--
	}
	return n > 0 && n < len(out) && out[n-1] == '#'
}

// groupLen is the length of the groups within a UUID.
const groupLen = 4

// behindDash reports whether out ends with a mask and a dash: a group of a UUID may begin with
// a letter.
func behindDash(out []byte) bool {
	n := len(out)
	return n >= 2 && out[n-1] == '-' && out[n-2] == '#'
}

// isSuffix reports whether a word after a dash looks like the end of a generated name.
func isSuffix(word []byte, all uint8) bool {
	n := len(word)
	return all&vowel == 0 && (n == 4 || n == 5 || n >= 8 && n <= 10)
}

// isID reports whether a word with digits is an id: a hexadecimal number, or alternating letters
// and digits.
func isID(word []byte, all uint8) bool {
	if all&notHex == 0 && len(word) >= 6 {
		return true
	}
	turns := 0
	for i := 1; i < len(word); i++ {
		if (kinds[word[i]]^kinds[word[i-1]])&isNumber != 0 {
			turns++
		}
	}
	return turns >= 4 || turns >= 2 && len(word) >= 16
}
