package analysis

import (
	"net/url"
	"path"
	"slices"
	"strings"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// target is what a span worked on, as far as its attributes say.
type target struct {
	method, host, path, task string
	missing                  bool // it was looked for and not there
}

// targetOf reads the attributes of OpenTelemetry's conventions, both current and earlier
// ones, and the name of a task.
func targetOf(span []byte) (t target) {
	for num, kv := range otlpwire.Messages(span) {
		if num != 9 {
			continue
		}
		key, value := otlpwire.KeyValue(kv)
		text := otlpwire.String(otlpwire.Bytes(value, 1))
		switch otlpwire.String(key) {
		case "http.request.method", "http.method", "rpc.method", "db.operation", "db.operation.name":
			t.method = text
		case "server.address", "net.peer.name", "http.host", "rpc.service":
			t.host = text
		case "url.path", "http.target":
			t.path, _, _ = strings.Cut(text, "?")
		case "url.full", "http.url":
			if u, err := url.Parse(text); err == nil {
				t.host, t.path = u.Host, u.Path
			} else {
				t.path = text
			}
		case "task", "task.name":
			t.task = text
		case "http.response.status_code", "http.status_code", "error.type":
			t.missing = t.missing || trace.EncodedText(value) == "404"
		}
	}
	t.missing = t.missing && t.path != "" && (t.method == "GET" || t.method == "HEAD")
	return t
}

// text identifies a target: without ids, and without the host if other hosts have the same
// thing.
func (t target) text() string {
	host, where := t.host, withoutIDs(t.path)
	switch base := path.Base(t.path); {
	case strings.HasPrefix(t.path, "/v2/") && (strings.Contains(t.path, "/manifests/") || strings.Contains(t.path, "/blobs/")):
		host = "" // an image: any registry
	case path.Ext(base) != "":
		host, where = "", fileOf(t.path)
	}
	return strings.Join([]string{t.method, host, where, t.task}, "\x00")
}

// place is only the host and path of the target, with its ids.
func (t target) place() string { return t.host + "\x00" + strings.TrimSuffix(t.path, "/") }

// places are where a missing target would be created: itself, or the collection that it is
// in.
func (t target) places() []string {
	in := target{host: t.host, path: path.Dir(t.path)}
	return []string{t.place(), in.place()}
}

// platforms are the words that distinguish builds of one release for different machines.
var platforms = []string{"linux", "darwin", "windows", "amd64", "arm64", "x86_64", "aarch64", "386", "ppc64le", "s390x"}

// fileOf identifies the file at a path, wherever it is mirrored: its name, its version and
// its machine. The last two can be in its name on one host and in its path on another.
func fileOf(p string) string {
	parts := strings.Split(strings.Trim(p, "/"), "/")
	name := parts[len(parts)-1]
	var kept, about []string
	for _, part := range parts[:len(parts)-1] {
		if version := strings.TrimPrefix(part, "v"); version != "" && isDigit(rune(version[0])) && strings.Contains(version, ".") || slices.Contains(platforms, part) {
			about = append(about, version)
		}
	}
	for _, word := range strings.FieldsFunc(name, func(c rune) bool { return c == '-' || c == '_' || c == '.' }) {
		if slices.Contains(platforms, word) {
			about = append(about, word)
		} else {
			kept = append(kept, word)
		}
	}
	slices.Sort(about)
	return strings.Join(kept, "-") + " for " + strings.Join(slices.Compact(about), " ")
}

// withoutIDs replaces the parts of a path that are made for one occasion: numbers, and words
// with at least four digits and no dot, like UUIDs and names with a time. Versions and names
// of files stay.
func withoutIDs(p string) string {
	if strings.IndexFunc(p, isDigit) < 0 {
		return p
	}
	parts := strings.Split(p, "/")
	for i, part := range parts {
		digits := 0
		for _, c := range part {
			if isDigit(c) {
				digits++
			}
		}
		if digits > 0 && digits == len(part) || digits >= 4 && len(part) >= 8 && !strings.Contains(part, ".") {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

func isDigit(c rune) bool { return '0' <= c && c <= '9' }
