package viewer

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
)

func TestJoinModules(t *testing.T) {
	files := fstest.MapFS{
		"ui/main.js":        {Data: []byte("import { a } from './lib/a.js';\nimport { b } from './views/b.js';\na(b);\nasync () => (await import('./views/later.js')).c;\n")},
		"ui/lib/a.js":       {Data: []byte("export function a() {}\n")},
		"ui/views/b.js":     {Data: []byte("import { a } from '../lib/a.js';\nexport const b = a();\nexport async function more() {}\nasync () => import('./later.js');\n")},
		"ui/lib/only.js":    {Data: []byte("export class Only {}\n")},
		"ui/views/later.js": {Data: []byte("import { a } from '../lib/a.js';\nimport { Only } from '../lib/only.js';\nexport const c = new Only(a);\n")},
	}
	got, err := joinModules(files, "ui", "main.js")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"main.js": `// The modules of the first screen, one after the other.
export const modules = {};

modules['lib/a.js'] = (() => {
function a() {}

return { a };
})();

modules['views/b.js'] = (() => {
const { a } = modules['lib/a.js'];
const b = a();
async function more() {}
async () => import('./views/later.js');

return { b, more };
})();

modules['main.js'] = (() => {
const { a } = modules['lib/a.js'];
const { b } = modules['views/b.js'];
a(b);
async () => (await import('./views/later.js')).c;

return {  };
})();
`,
		"views/later.js": "import { modules } from '../main.js';\nconst { a } = modules['lib/a.js'];\nimport { Only } from '../lib/only.js';\nexport const c = new Only(a);\n",
		"lib/only.js":    "import { modules } from '../main.js';\nexport class Only {}\n",
	}
	for name, text := range want {
		if string(got[name]) != text {
			t.Errorf("%s is\n%s\nwant\n%s", name, got[name], text)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d modules, want %d", len(got), len(want))
	}
}

func TestJoinModulesOfUnknownForm(t *testing.T) {
	for _, line := range []string{"import a from './a.js';", "import * as a from './a.js';", "import './a.js';", "export default 1;", "export let a = 1;", "export { a };", "import { a as b } from './a.js';"} {
		files := fstest.MapFS{"ui/main.js": {Data: []byte(line + "\n")}, "ui/a.js": {Data: []byte("export const a = 1;\n")}}
		if got, err := joinModules(files, "ui", "main.js"); err == nil || !strings.Contains(err.Error(), line) {
			t.Errorf("%s: %v\n%s", line, err, got["main.js"])
		}
	}
}

// No module imports or exports in a form that joining does not know.
func TestModulesAreJoined(t *testing.T) {
	modules, err := ofTraces.scripts()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"main.js", "views/runpage.js", "views/detail.js", "views/help.js", "views/lists.js"} {
		if modules[name] == nil {
			t.Errorf("%s is not sent by itself", name)
		}
	}
	for _, name := range []string{"lib/dom.js", "views/waterfall.js"} {
		if modules[name] != nil || !strings.Contains(string(modules["main.js"]), "modules['"+name+"'] =") {
			t.Errorf("%s is not in the first script", name)
		}
	}
}

// The browser asks before the page does, for the same addresses.
func TestFirstRequests(t *testing.T) {
	h := newViewer(load(t, sampleFiles(t)...), Info{})
	id := traceID(1).String()
	for _, test := range []struct{ name, path, want string }{
		{"a trace", "/trace/" + id, fmt.Sprintf("</api/v1/run>; rel=preload; as=fetch; crossorigin, </api/v1/traces/%[1]s>; rel=preload; as=fetch; crossorigin, "+
			"</api/v1/traces/%[1]s/columns?from=0&to=200000>; rel=preload; as=fetch; crossorigin", id)},
		{"an unknown trace", "/trace/" + traceID(9).String(), ""},
		{"no trace id", "/trace/%3E%2C", ""},
		{"the run", "/", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := get(h, test.path)
			if got := w.Header().Get("Link"); got != test.want {
				t.Errorf("links %s\nwant %s", got, test.want)
			}
			for _, link := range strings.Split(test.want, ", ") {
				if address, _, ok := strings.Cut(strings.TrimPrefix(link, "<"), ">"); ok {
					if code := get(h, address).Code; code != http.StatusOK {
						t.Errorf("%s: status %d", address, code)
					}
				}
			}
		})
	}
}

// The page asks for pieces of columns as large as those that it was told to.
func TestPiecesOfColumns(t *testing.T) {
	content, err := os.ReadFile("ui/state/load.js")
	if err != nil {
		t.Fatal(err)
	}
	piece := strings.ReplaceAll(string(content), "_", "")
	if want := fmt.Sprintf("const PIECE = %d;", pieceOfColumns); !strings.Contains(piece, want) {
		t.Errorf("ui/state/load.js does not say %s", want)
	}
}

// Columns are compressed for other machines only.
func TestColumnsAreCompressedForOthers(t *testing.T) {
	h := newViewer(large(t, 1000, ternary), Info{}, "0.0.0.0")
	for client, want := range map[string]string{"127.0.0.1:4711": "", "[::1]:4711": "", "[::ffff:127.0.0.1]:4711": "", "192.0.2.1:4711": "gzip", "": "gzip"} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "http://127.0.0.1/api/v1/traces/"+traceID(1).String()+"/columns", nil)
		r.RemoteAddr = client
		r.Header.Set("Accept-Encoding", "gzip")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := w.Header().Get("Content-Encoding"); w.Code != http.StatusOK || got != want {
			t.Errorf("client %q: status %d, encoding %q, want %q", client, w.Code, got, want)
		}
	}
}
