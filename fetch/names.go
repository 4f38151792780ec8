package fetch

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// localNames gives each object name a relative path, with slashes. Every
// file system accepts the path, and no other name of the set shares it, even if case
// or Unicode normal forms do not count. Only colons are kept where the system accepts them:
// all names that kOps gives its files have them.
//
//   - These are percent-escaped: the characters <>"|?*\, a colon unless colons are kept,
//     control characters, and bytes that are not UTF-8. So are a dot or a space at the end of a
//     name, which covers . and .., and the first letter of a Windows device (CON, com1.txt).
//   - An empty name between slashes becomes %2F, and so do slashes below
//     the 32nd directory.
//   - A name longer than 200 bytes is cut and gets the suffix ~ and eight
//     hexadecimal digits of its hash, before the extension.
//   - The same suffix tells a file from another file or a directory whose path
//     differs only in case or normal form.
//
// Without colons, kOps' names look like kops-1-2026-08-22T01%3A02%3A03Z.otel.
func localNames(names []string, colons bool) map[string]string {
	names = slices.Clone(names)
	slices.Sort(names)
	local := map[string]string{}
	taken := map[string]bool{} // folded paths of directories, then of files too
	for _, name := range names {
		segments := strings.SplitN(name, "/", maxDepth)
		for i, s := range segments {
			segments[i] = localSegment(s, colons)
		}
		local[name] = strings.Join(segments, "/")
		for dir := path.Dir(local[name]); dir != "."; dir = path.Dir(dir) {
			taken[fold(dir)] = true
		}
	}
	for _, name := range names {
		for digits := 8; taken[fold(local[name])] && digits <= 64; digits += 8 {
			dir, base := path.Split(local[name])
			local[name] = dir + suffixed(base, hash(name)[:digits])
		}
		taken[fold(local[name])] = true
	}
	return local
}

const maxDepth = 32 // of directories; keeps the work per name small, whatever its name

const maxSegment = 200 // bytes; 255 is the limit of most file systems, less what a suffix takes

// localSegment makes one name between slashes acceptable to every file system.
func localSegment(s string, colons bool) string {
	if s == "" {
		return "%2F"
	}
	var b strings.Builder
	device := isDevice(s)
	for i, r := range s {
		_, n := utf8.DecodeRuneInString(s[i:])
		last := i+n == len(s)
		switch {
		case r == utf8.RuneError && n == 1, r < 0x20, r >= 0x7f && r < 0xa0,
			strings.ContainsRune(`/<>"|?*\`, r), r == ':' && !colons,
			last && (r == '.' || r == ' '),
			device && i == 0:
			for _, c := range []byte(s[i : i+n]) {
				fmt.Fprintf(&b, "%%%02X", c)
			}
		default:
			b.WriteRune(r)
		}
	}
	if b.Len() <= maxSegment {
		return b.String()
	}
	return suffixed(b.String(), hash(s)[:8])
}

// isDevice reports whether Windows treats a name as a device, whatever its extension.
func isDevice(s string) bool {
	base, _, _ := strings.Cut(s, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return true
	}
	port, ok := strings.CutPrefix(base, "COM")
	if !ok {
		port, ok = strings.CutPrefix(base, "LPT")
	}
	return ok && utf8.RuneCountInString(port) == 1 && strings.Contains("0123456789¹²³", port)
}

// suffixed puts ~mark before the extension, and cuts what is before it to the
// longest name allowed.
func suffixed(base, mark string) string {
	ext := path.Ext(base)
	if len(ext) > 16 || strings.Contains(ext, "%") || ext == base {
		ext = ""
	}
	stem := strings.TrimSuffix(base, ext)
	if room := maxSegment - len(ext) - 1 - len(mark); len(stem) > room {
		stem = stem[:room]
		for !utf8.ValidString(stem) { // cut within a character
			stem = stem[:len(stem)-1]
		}
		if i := strings.LastIndexByte(stem, '%'); i >= 0 && i > len(stem)-3 {
			stem = stem[:i] // cut within an escape
		}
	}
	return stem + "~" + mark + ext
}

// fold maps names that some file systems treat as equal to the same text.
func fold(path string) string {
	return norm.NFC.String(strings.ToLower(strings.ToUpper(norm.NFC.String(path))))
}
