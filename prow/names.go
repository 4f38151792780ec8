package prow

import "strings"

// IsJob reports whether Prow allows s as the name of a job (pkg/config, jobNameRegex). Names
// that consist of dots are refused.
func IsJob(s string) bool {
	named := false
	for _, c := range s {
		if !isLetterOrDigit(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
		named = named || isLetterOrDigit(c)
	}
	return named && len(s) <= 255
}

// IsBuild reports a build id: every decimal that fits 64 bits. Snowflake ids have
// 18 or 19 digits, older ids are small counters or times.
func IsBuild(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != "" && len(s) <= 20
}

// IsBucket reports whether s can be the name of a bucket in the provider's stores. The names of
// the folders in which Prow writes are refused: a path that begins with one lacks its
// bucket.
func IsBucket(provider, s string) bool {
	if len(s) < 3 || len(s) > 222 || s == "logs" || s == "pr-logs" || strings.Contains(s, "..") ||
		!isLetterOrDigit(rune(s[0])) || !isLetterOrDigit(rune(s[len(s)-1])) {
		return false
	}
	for _, c := range s {
		upper := c >= 'A' && c <= 'Z'
		if !isLetterOrDigit(c) && c != '-' && c != '_' && c != '.' || upper && provider == "gs" {
			return false
		}
	}
	return true
}

// IsProwJob reports whether s has the form of a ProwJob's name: a UUID.
func IsProwJob(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range strings.ToLower(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dash && c != '-' || !dash && !hex {
			return false
		}
	}
	return true
}

func isLetterOrDigit(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}
