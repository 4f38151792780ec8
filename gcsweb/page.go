package gcsweb

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A row is a file or a directory in a page.
type row struct {
	name     string // within the directory; the name of a directory ends in a slash
	size     int64  // bytes of a file
	modified time.Time
	dir      bool
}

// isPage reports whether an answer, or its beginning, is the page of a directory. For a name
// that does not exist, gcsweb shows such a page without rows.
func isPage(text []byte, bucket, dir string) bool {
	head, _, _ := bytes.Cut(text, []byte(`<li class="pure-g`))
	return bytes.Contains(head, []byte(" browser: "+bucket+"</title>")) &&
		bytes.Contains(head, []byte("<h3>/"+strings.TrimSuffix(bucket+"/"+written(dir), "/")+"/</h3>")) &&
		bytes.Contains(head, []byte(`<ul class="resource-grid">`))
}

const (
	rowStart = `<li class="pure-g grid-row">`
	rowEnd   = `</li>`
)

// parsePage reads the rows of a page. gcsweb writes names without any escaping,
// so the page is read as text and not as HTML. A row that cannot be parsed
// is an error: without it, the listing would be silently wrong.
func parsePage(text []byte) (rows []row, err error) {
	_, rest, _ := strings.Cut(string(text), rowStart)
	for rest != "" {
		var item string
		if item, rest, _ = strings.Cut(rest, rowStart); len(rows) >= maxRows {
			return nil, fmt.Errorf("%w: a page has more than %d rows", errForeign, maxRows)
		}
		r, err := parseRow(item)
		if err != nil {
			return nil, err
		}
		if r.name != "" {
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// parseRow reads the rest of a row: the link with its icon and its
// name, the size, and the time of the last change. The link to the parent directory and the
// object that stands for the directory itself get no name.
func parseRow(item string) (row, error) {
	_, link, ok := strings.Cut(item, `<a href="`)
	link, cells, okName := strings.Cut(link, "</a></div>")
	address, label, okIcon := strings.Cut(link, `"><img src="`)
	icon, name, okLabel := strings.Cut(label, `"> `)
	cell := func() string {
		_, rest, _ := strings.Cut(cells, `">`)
		var text string
		text, cells, _ = strings.Cut(rest, "</div>")
		return text
	}
	size, modified := cell(), cell()
	fail := func(what string) (row, error) {
		return row{}, fmt.Errorf("%w: a row of its page %s", errForeign, what)
	}
	switch {
	case !ok || !okName || !okIcon || !okLabel:
		return fail("has no link")
	case strings.HasSuffix(icon, "/back.png"), name == "" && strings.HasSuffix(icon, "/file.png") && strings.HasSuffix(address, "/"):
		return row{}, nil
	case !strings.HasSuffix(address, "/"+name) || name == "":
		return fail("leads elsewhere than its name")
	case strings.HasSuffix(icon, "/dir.png"):
		if inside := strings.TrimSuffix(name, "/"); !isName(inside) || inside == name {
			return fail("names no directory")
		}
		return row{name: name, dir: true}, nil
	case !isName(name):
		return fail("names no file")
	}
	n, err := strconv.ParseInt(size, 10, 64)
	if err != nil || n < 0 {
		return fail("has no size")
	}
	at, err := time.Parse(time.RFC1123, modified)
	if err != nil {
		return fail("has no time")
	}
	return row{name: name, size: n, modified: at}, nil
}

// isName reports whether a name can be that of an entry of a directory.
func isName(s string) bool {
	return s != "" && s != "." && s != ".." && !strings.Contains(s, "/") && len(s) <= maxName
}
