package mask

// Lines hides the secrets of a text that is handed over line by line. Some lines show nothing
// by themselves: those of a private key, and the value of a name that is on the line before. A
// Lines knows what has begun. Its zero value is ready for the first line. It must not be used
// concurrently.
type Lines struct {
	within bool   // a private key
	named  string // the end of the lines before, in which a pair begins; "": none does
}

// longestKey is how many lines a private key may have: one of RSA with 16,384 bits has 197.
const longestKey = 200

// linesOfPair is how many lines may lie between the name of a secret and its value.
const linesOfPair = 3

// Before gives a Lines for line i, counted from 0, of which the lines before are not handed
// over. It reads as many of these as can matter.
func Before(i int, line func(i int) string) *Lines {
	l := &Lines{}
	for k := max(0, i-longestKey); k < i; k++ {
		if k < i-linesOfPair {
			_, l.within = hideKeys(line(k), l.within)
			continue
		}
		l.Skip(line(k))
	}
	return l
}

// Line hides the secrets in the next line, which has no line break.
func (l *Lines) Line(s string) (masked string) {
	was := l.within
	masked, l.within = hide(s, was)
	if l.named != "" && masked == s {
		masked = hideBehindName(l.named, s)
	}
	l.name(s, was)
	return masked
}

// Skip passes over a line that is not handed over, but may begin or end a key, or name what
// the next line has.
func (l *Lines) Skip(s string) {
	was := l.within
	_, l.within = hideKeys(s, was)
	l.name(s, was)
}

// name keeps what of a line, and of those before, a value can follow.
func (l *Lines) name(s string, within bool) {
	switch {
	case within || l.within:
		l.named = ""
	case l.named != "":
		l.named = opened(l.named + s + "\n")
	case may(s[max(0, len(s)-longestOpen):]):
		l.named = opened(s + "\n")
	}
}

// hideBehindName hides the value that a line has of a name before it.
func hideBehindName(named, s string) string {
	lowered := ofPairs.hide(lower(named + s))
	if len(lowered.text) < len(named) || lowered.text[:len(named)] != named {
		return s
	}
	return lowered.text[len(named):]
}
