package analysis

import (
	"net/url"
	"path"
	"strings"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// Recovered says which spans with an error were made good: the same operation on the
// same target went well later in the same loop, under the same parent; or what they are
// under was made good, as all that went wrong in a failed attempt is with the next one.
//
// The target is the span's name, method, URL without ids and task, and its host. The
// host does not count where the URL names a file or an image: another mirror has the
// same one. A success of something else under the same parent makes nothing good: a
// lock that is released does not make the failed deployment before it a success.
//
// What Prow's own files call an error, such as a failed phase or test, is never made
// good here. It takes time in proportion to the spans, and reads the attributes of those
// whose siblings failed under the same name.
func Recovered(t trace.Tree) []bool {
	s := spansOf(t)
	r := recovery{spans: s, plain: map[uint32]string{}, succeeded: map[attempt]int64{}}
	good := make([]bool, s.len())
	failed := map[loop]bool{}
	for i := range s.len() {
		if r.failed(i) && s.parentOf(i) >= 0 {
			failed[r.loop(i)] = true
		}
	}
	if len(failed) == 0 {
		return good
	}
	for i := range s.len() {
		if s.status[i] == trace.StatusError || s.flags[i].Has(trace.Unfinished) || s.parentOf(i) < 0 || !failed[r.loop(i)] {
			continue
		}
		a := r.attempt(i)
		r.succeeded[a] = max(r.succeeded[a], s.start[i])
	}
	for i := range good {
		if r.failed(i) && s.parentOf(i) >= 0 {
			later, ok := r.succeeded[r.attempt(i)]
			good[i] = ok && later >= s.end[i]
		}
	}
	r.spread(good)
	return good
}

// recovery is what Recovered collects.
type recovery struct {
	*spans
	plain     map[uint32]string // names without ids, by their numbers
	succeeded map[attempt]int64 // the latest start, Unix ns
}

// failed reports whether span i has an error that it can recover from.
func (r *recovery) failed(i int) bool {
	return r.status[i] == trace.StatusError && (r.tree == nil || !r.tree.Own(i))
}

// spread makes good what failed below what was made good.
func (r *recovery) spread(good []bool) {
	const unknown, no, yes = 0, 1, 2
	under := make([]uint8, len(good)) // is one that was made good, or lies below one
	var way []int32
	for i := range good {
		way = way[:0]
		at, found := int32(i), uint8(no)
		for ; at >= 0; at = r.parentOf(int(at)) {
			if under[at] != unknown {
				found = under[at]
				break
			}
			way = append(way, at)
		}
		for k := len(way) - 1; k >= 0; k-- {
			if good[way[k]] {
				found = yes
			}
			under[way[k]] = found
		}
	}
	for i := range good {
		good[i] = under[i] == yes && r.failed(i)
	}
}

// A loop is where an operation is tried again: its parent and the span's name.
type loop struct {
	parent int32
	name   string
}

func (r *recovery) loop(i int) loop {
	name, ok := r.plain[r.name[i]]
	if !ok {
		name = withoutIDs(r.text(r.name[i]))
		r.plain[r.name[i]] = name
	}
	return loop{r.parentOf(i), name}
}

// An attempt is one operation on one target in a loop.
type attempt struct {
	loop
	target
}

// target is what a span worked on, as far as its attributes tell.
type target struct{ method, host, path, task string }

func (r *recovery) attempt(i int) attempt { return attempt{r.loop(i), targetOf(r.encoded(i))} }

// targetOf reads the attributes of OpenTelemetry's conventions, the present and the
// earlier ones, and kOps' name of a task.
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
			before, _, _ := strings.Cut(text, "?")
			t.path = before
		case "url.full", "http.url":
			if u, err := url.Parse(text); err == nil {
				t.path = u.Path
				t.host = u.Host
			} else {
				t.path = text
			}
		case "task", "task.name":
			t.task = text
		}
	}
	if namesObject(t.path) {
		t.host = ""
	}
	t.path = withoutIDs(t.path)
	return t
}

// namesObject reports whether a path tells which file or image is meant, wherever it is
// got from.
func namesObject(p string) bool {
	return strings.HasPrefix(p, "/v2/") && (strings.Contains(p, "/manifests/") || strings.Contains(p, "/blobs/")) || path.Ext(path.Base(p)) != ""
}

// withoutIDs replaces each part of a path that is made for one occasion: a number, or a
// word with at least four digits and no dot, as UUIDs and names with a time have.
// Versions and names of files stay.
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
