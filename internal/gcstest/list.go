package gcstest

import (
	"encoding/base64"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

const maxPage = 1000 // the service's limit whatever maxResults says

// list answers one page. Entries are objects and, with a delimiter, the
// prefixes that stand for all names below them, in the order of their names.
func (s *Server) list(w http.ResponseWriter, req *Request, b *bucket) {
	q := req.Query
	size := maxPage
	if n, err := strconv.Atoi(q.Get("maxResults")); err == nil && n > 0 {
		size = min(n, maxPage)
	}
	glob, err := compileGlob(q.Get("matchGlob"))
	if err != nil {
		refuse(w, req, http.StatusBadRequest, "invalid", "Invalid glob: "+q.Get("matchGlob"))
		return
	}
	after := ""
	if token := q.Get("pageToken"); token != "" {
		data, err := base64.URLEncoding.DecodeString(token)
		if err != nil {
			refuse(w, req, http.StatusBadRequest, "invalid", "Invalid page token")
			return
		}
		after = string(data)
	}

	var items, prefixes []any
	next, last := "", ""
	s.mu.Lock()
	for _, name := range slices.Sorted(maps.Keys(b.objects)) {
		if !strings.HasPrefix(name, q.Get("prefix")) || !glob.MatchString(name) ||
			name < q.Get("startOffset") || q.Get("endOffset") != "" && name >= q.Get("endOffset") {
			continue
		}
		entry := name
		if d := q.Get("delimiter"); d != "" {
			below := name[len(q.Get("prefix")):]
			if i := strings.Index(below, d); i >= 0 {
				entry = name[:len(q.Get("prefix"))+i+len(d)]
			}
		}
		if after != "" && entry <= after || len(prefixes) > 0 && entry == prefixes[len(prefixes)-1] {
			continue
		}
		if len(items)+len(prefixes) == size {
			next = base64.URLEncoding.EncodeToString([]byte(last))
			break
		}
		if entry != name || entry == name && isPrefix(q.Get("delimiter"), q.Get("prefix"), name) {
			prefixes = append(prefixes, entry)
		} else {
			items = append(items, b.objects[name].resource())
		}
		last = entry
	}
	s.mu.Unlock()

	page := map[string]any{"kind": "storage#objects"}
	if len(items) > 0 {
		page["items"] = selectFields(items, q.Get("fields"))
	}
	if len(prefixes) > 0 {
		page["prefixes"] = prefixes
	}
	if next != "" {
		page["nextPageToken"] = next
	}
	writeJSON(w, page)
}

// isPrefix reports whether a name that ends in the delimiter stands for the folder itself.
func isPrefix(delimiter, prefix, name string) bool {
	return delimiter != "" && len(name) > len(prefix) && strings.HasSuffix(name, delimiter)
}

var itemFields = regexp.MustCompile(`items\(([^)]*)\)`)

// selectFields keeps the asked fields of each item; other forms of the fields parameter keep all.
func selectFields(items []any, fields string) []any {
	m := itemFields.FindStringSubmatch(fields)
	if m == nil {
		return items
	}
	keep := strings.Split(m[1], ",")
	for _, item := range items {
		maps.DeleteFunc(item.(map[string]any), func(k string, _ any) bool { return !slices.Contains(keep, k) })
	}
	return items
}

// compileGlob translates the service's glob: * and ? stay within one path
// segment, ** crosses them, {a,b} is a choice, [a-z] a class.
func compileGlob(glob string) (*regexp.Regexp, error) {
	if glob == "" {
		return regexp.MustCompile(""), nil
	}
	var re strings.Builder
	re.WriteString(`(?s)^`)
	choice := 0
	for i := 0; i < len(glob); i++ {
		switch c := glob[i]; {
		case strings.HasPrefix(glob[i:], "**"):
			re.WriteString(`.*`)
			i++
		case c == '*':
			re.WriteString(`[^/]*`)
		case c == '?':
			re.WriteString(`[^/]`)
		case c == '{':
			re.WriteString(`(?:`)
			choice++
		case c == '}' && choice > 0:
			re.WriteString(`)`)
			choice--
		case c == ',' && choice > 0:
			re.WriteString(`|`)
		case c == '[':
			n := strings.IndexByte(glob[i:], ']')
			if n < 0 {
				n = len(glob[i:]) - 1 // unclosed: the expression will not compile
			}
			re.WriteString(strings.Replace(glob[i:i+n+1], "[!", "[^", 1))
			i += n
		default:
			_, width := utf8.DecodeRuneInString(glob[i:])
			re.WriteString(regexp.QuoteMeta(glob[i : i+width]))
			i += width - 1
		}
	}
	re.WriteString(`$`)
	return regexp.Compile(re.String())
}
