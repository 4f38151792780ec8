package viewer

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"io/fs"
	"net/url"
	"path"
	"strings"

	"prowtrace/internal/mask"
)

// savedFrame is all of a page in a file that is the same for each: its modules, by an import
// map of data: addresses, and its style.
type savedFrame struct {
	imports string // the import map
	style   string
	icon    string
}

// savedMain begins the page. Modules name each other as savedModules writes it.
const savedMain = "import 'ui/main.js';"

// savedInstead are the modules of a file that stand in the place of those that ask the
// server.
var savedInstead = map[string]string{"lib/source.js": "saved/source.js", "lib/place.js": "saved/place.js"}

func newSavedFrame() (*savedFrame, error) {
	modules, err := savedModules(ui, "ui", "main.js", savedInstead)
	if err != nil {
		return nil, err
	}
	imports := map[string]string{}
	for name, text := range modules {
		imports["ui/"+name] = dataAddress("text/javascript", text)
	}
	all, err := json.Marshal(map[string]any{"imports": imports})
	if err != nil {
		return nil, fmt.Errorf("cannot encode the import map: %w", err)
	}
	style, err := ui.ReadFile("ui/style.css")
	if err != nil {
		return nil, err
	}
	icon, err := ui.ReadFile("ui/icon.svg")
	return &savedFrame{string(all), string(style), dataAddress("image/svg+xml", icon)}, err
}

func dataAddress(contentType string, content []byte) string {
	return "data:" + contentType + ";base64," + base64.StdEncoding.EncodeToString(content)
}

// savedModules gives the modules that main needs, by name. In a data: address no path is
// relative to another, so they import each other by bare names, such as ui/lib/dom.js, which
// an import map knows. Some stand in the place of others, under their names.
func savedModules(files fs.FS, folder, main string, instead map[string]string) (map[string][]byte, error) {
	modules := map[string][]byte{}
	for todo := []string{main}; len(todo) > 0; todo = todo[1:] {
		name := todo[0]
		if modules[name] != nil {
			continue
		}
		from := name
		if other, ok := instead[name]; ok {
			from = other
		}
		j := joiner{files: files, folder: folder}
		text, err := j.read(from)
		if err != nil {
			return nil, err
		}
		bare := func(relative string) string {
			to := path.Join(path.Dir(from), relative)
			todo = append(todo, to)
			return folder + "/" + to
		}
		text = importNow.ReplaceAllStringFunc(text, func(line string) string {
			m := importNow.FindStringSubmatch(line)
			return fmt.Sprintf("import %s from '%s';", m[1], bare(m[2]))
		})
		text = importLater.ReplaceAllStringFunc(text, func(call string) string {
			return "import('" + bare(importLater.FindStringSubmatch(call)[1]) + "')"
		})
		modules[name] = []byte(text)
	}
	return modules, nil
}

// savedPolicy lets the page run its own modules, and load nothing.
func (f *savedFrame) policy() string {
	hash := func(s string) string {
		sum := sha256.Sum256([]byte(s))
		return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
	}
	return "default-src 'none'; script-src data: " + hash(f.imports) + " " + hash(savedMain) + "; style-src " + hash(f.style) +
		"; img-src data:; form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
}

// savedWords is room for what else is in a file: its title, and the findings as text.
const savedWords = 100_000

// room is how many bytes of answers there is room for in a file.
func (f *savedFrame) room() int {
	return (savedBytes - savedWords - len(f.imports) - len(f.style) - len(f.icon)) / 4 * 3
}

// write writes the page. All text from outside is escaped, and the answers are base64.
func (f *savedFrame) write(w io.Writer, p *savedPage, s Saved) error {
	b := bufio.NewWriter(w)
	title := html.EscapeString(mask.Text(p.info.Title))
	fmt.Fprintf(b, "<!doctype html>\n<html lang=\"en\" data-begin=\"%s\">\n<head>\n<meta charset=\"utf-8\">\n", html.EscapeString(p.beginning()))
	fmt.Fprintf(b, "<meta http-equiv=\"Content-Security-Policy\" content=\"%s\">\n", html.EscapeString(f.policy()))
	fmt.Fprintf(b, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n")
	fmt.Fprintf(b, "<title>%s · prowtrace</title>\n<link rel=\"icon\" href=\"%s\" type=\"image/svg+xml\">\n<style>%s</style>\n", title, f.icon, f.style)
	fmt.Fprintf(b, "<script type=\"importmap\">%s</script>\n<script type=\"module\">%s</script>\n</head>\n<body>\n", f.imports, savedMain)
	fmt.Fprintf(b, "<noscript><p class=\"noscript\">This page draws traces with JavaScript, which is switched off here. Nothing is loaded from anywhere.</p>\n<pre>%s</pre></noscript>\n", html.EscapeString(p.words(s)))
	fmt.Fprintf(b, "<script type=\"text/plain\" id=\"answers\">")
	e := base64.NewEncoder(base64.StdEncoding, b)
	_, _ = e.Write(p.pack.data) // its error stays in b
	_ = e.Close()
	fmt.Fprintf(b, "</script>\n</body>\n</html>\n")
	if err := b.Flush(); err != nil {
		return fmt.Errorf("cannot write the page: %w", err)
	}
	return nil
}

// beginning is the address that the page begins with: the only trace, two jobs beside each
// other, or the list.
func (p *savedPage) beginning() string {
	switch {
	case len(p.traces) == 1 && p.find != "":
		return "/trace/" + p.traces[0].Tree.Trace.ID.String() + "?" + url.Values{"q": {p.find}, "mode": {"filter"}}.Encode()
	case len(p.traces) == 1:
		return "/trace/" + p.traces[0].Tree.Trace.ID.String()
	case len(p.traces) == 2 && len(p.view.Jobs()) == 2:
		return "/trace/" + p.traces[1].Tree.Trace.ID.String() + "?view=compare&compare=" + p.traces[0].Tree.Trace.ID.String() + "&order=calls"
	}
	return "/"
}

// words are the findings as text, for readers without scripts, and what is left out.
func (p *savedPage) words(s Saved) string {
	var b bytes.Buffer
	for _, t := range p.traces {
		if now, _, err := p.judgementOf(p.request(), t.drawing); err == nil && now.Summary != nil && b.Len() < savedWords/4 {
			_ = now.Summary.Issue(&b) // what could be written is
		}
	}
	out := mask.Text(b.String())
	return strings.ToValidUTF8(out[:min(len(out), savedWords/4)], "") + "\n"
}
