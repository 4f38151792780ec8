package lens_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"prowtrace/internal/gcstest"
	"prowtrace/prow"
	"prowtrace/serve/lens"
)

// hostile is what a run could leave behind for those who look at it.
const hostile = `</main></svg></title></style><script>top.x=1</script><img src=x onerror=top.x=1><a href="javascript:top.x=1">a</a>"'><svg onload=top.x=1> {{.}} \u202e\u0000\u001b[31m ]]> --> password=hunter2`

// putHostile stores a run in which all that can be hostile is.
func putHostile(s *gcstest.Server) {
	const root = "logs/ci-hostile/1900000000000000077/"
	put := func(name, data string) { s.PutBytes("kubernetes-ci-logs", root+name, []byte(data)) }
	quoted, _ := json.Marshal(hostile)
	in := string(quoted)
	plain := strings.NewReplacer(`\u202e`, "\u202e", `\u0000`, "\x00", `\u001b`, "\x1b").Replace(hostile)
	put("started.json", `{"timestamp":1741830000,"repos":{"a/b":`+in+`}}`)
	put("finished.json", `{"timestamp":1741830600,"passed":false,"result":"FAILURE","metadata":{`+in+`:`+in+`}}`)
	put("prowjob.json", `{"metadata":{"name":`+in+`},"spec":{"job":`+in+`,"type":"periodic","refs":{"org":`+in+`,"repo":`+in+`,"pulls":[{"number":1,"title":`+in+`}]}},"status":{"state":"failure","description":`+in+`,"url":"javascript:top.x=1"}}`)
	put("build-log.txt", "I0313 01:41:00.000000 1 a.go:1] "+plain+"\nE0313 01:42:00.000000 1 a.go:1] Error: "+plain+"\nError: exit status 1 "+plain+"\n")
	put("artifacts/junit_runner.xml", `<testsuite><testcase name="`+html.EscapeString(strings.Map(printable, plain))+`" time="60"><failure>`+html.EscapeString(strings.Map(printable, plain))+`</failure></testcase></testsuite>`)
	put("artifacts/junit_01.xml", `<testsuite><testcase name="`+html.EscapeString(strings.Map(printable, plain))+`" time="60"><failure>`+html.EscapeString(strings.Map(printable, plain))+`</failure></testcase></testsuite>`)
	put("artifacts/otlp/a.json", `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":`+in+`}}]},"scopeSpans":[{"spans":[{"traceId":"0123456789abcdef0123456789abcdef","spanId":"0123456789abcdef","name":`+in+`,"startTimeUnixNano":"1741830100000000000","endTimeUnixNano":"1741830200000000000","status":{"code":2,"message":`+in+`}}]}]}]}`)
}

func printable(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return -1
}

// Nothing that a run left behind becomes markup, a script, a control character or a turn of
// the direction of text; no secret is shown.
func TestHostileRun(t *testing.T) {
	l := newLens(t, sample(t, putHostile))
	whole(t, l, bucket+"logs/ci-hostile/1900000000000000077")
	for _, action := range []string{"initial", "rerender"} {
		_, header, body := ask(t, l, action, bucket+"logs/ci-hostile/1900000000000000077")
		if !strings.Contains(body, "top.x=1") || !strings.Contains(body, `<svg width="100%"`) {
			t.Fatalf("the hostile texts are not shown at all: %s", body)
		}
		if strings.Contains(body, "hunter2") {
			t.Error("a secret is shown")
		}
		for _, r := range body {
			if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.In(r, unicode.Bidi_Control) {
				t.Errorf("%s: the frame has %U", action, r)
			}
		}
		checkMarkup(t, action, body, header)
	}
}

// Elements and attributes that a frame may have.
var (
	elements = strings.Fields("html head meta title style script body main header b span a h1 h2 p ol ul li time section div code svg g rect line text circle details summary")
	attrs    = regexp.MustCompile(`^(id|class|lang|charset|http-equiv|content|nonce|src|href|target|role|tabindex|aria-label|data-state|data-again|data-result|x|y|x1|x2|y1|y2|cx|cy|r|rx|width|height|overflow|text-anchor)$`)
)

// checkMarkup checks that the frame has the elements of the template only, no handlers, no
// address but those of the web, and scripts by the nonce that the policy names.
func checkMarkup(t *testing.T, action, body string, header http.Header) {
	t.Helper()
	nonce := ""
	if m := regexp.MustCompile(`script-src 'nonce-([A-Z0-9]{20,})'`).FindStringSubmatch(header.Get("Content-Security-Policy")); m != nil {
		nonce = m[1]
	}
	if action == "initial" && nonce == "" {
		t.Fatalf("policy %q", header.Get("Content-Security-Policy"))
	}
	scripts := 0
	z := html.NewTokenizer(strings.NewReader(body))
	for {
		kind := z.Next()
		if kind == html.ErrorToken {
			if z.Err() != io.EOF {
				t.Fatal(z.Err())
			}
			break
		}
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		token := z.Token()
		if !slices.Contains(elements, token.Data) {
			t.Errorf("%s: element <%s>", action, token.Data)
		}
		for _, a := range token.Attr {
			if !attrs.MatchString(a.Key) || a.Key == "href" && !strings.HasPrefix(a.Val, "https://") && !strings.HasPrefix(a.Val, "http://") || a.Key == "src" && a.Val != "/static/spyglass_lens_bundle.min.js" || a.Key == "nonce" && a.Val != nonce {
				t.Errorf("%s: attribute %s=%q of <%s>", action, a.Key, a.Val, token.Data)
			}
		}
		if token.Data == "script" {
			scripts++
		}
	}
	if want := map[string]int{"initial": 2, "rerender": 0}[action]; scripts != want {
		t.Errorf("%s: %d scripts", action, scripts)
	}
}

// The policy is in the header and, since a proxy may drop that, in the document; each answer
// has its own nonce.
func TestPolicy(t *testing.T) {
	l := newLens(t, sample(t, nil))
	seen := map[string]bool{}
	for range 3 {
		_, header, body := ask(t, l, "initial", "x")
		policy := header.Get("Content-Security-Policy")
		inside, ended := strings.CutSuffix(policy, "; frame-ancestors 'self'")
		if !ended || !strings.HasPrefix(policy, "default-src 'none'; script-src 'nonce-") || strings.Contains(policy, "unsafe") || seen[policy] {
			t.Errorf("policy %q", policy)
		}
		if !strings.Contains(html.UnescapeString(body), `content="`+inside+`"`) {
			t.Errorf("the document has another policy than %q", inside)
		}
		seen[policy] = true
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cache-Control") != "no-store" || header.Get("Set-Cookie") != "" || header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%v", header)
		}
	}
}

// An address of the full page that is none of the web is left out.
func TestAddresses(t *testing.T) {
	runs := sample(t, nil)
	for _, address := range []string{"", "javascript:top.x=1", "//evil.example/", "/run", "https://", "data:text/html,x"} {
		l := lens.New(runs, lens.Options{Page: func(prow.Run) string { return address }})
		if body := whole(t, l, passing); strings.Contains(body, "full page") {
			t.Errorf("%q is linked", address)
		}
		l.Close()
	}
}

// Whatever is sent, the answer is a whole frame without foreign markup, and no run outside
// of a bucket is asked for.
func FuzzRequest(f *testing.F) {
	for _, source := range []string{failing, passing, "s3/b/logs/j/1", "prowjob/j/1", "gs/b/../c", "gs//logs/j/1", "gs/b/logs/j/1?x#y%2e%2e", "%67s/b/logs/j/1", "file:///etc/passwd", "-", "~/x", "https://example.org/view/gs/b/logs/j/1", hostile} {
		for _, action := range []string{"initial", "rerender", "callback", "<b>"} {
			data, _ := json.Marshal(map[string]any{"action": action, "ArtifactSource": source, "artifacts": []string{hostile}, "data": hostile})
			f.Add(data, "prow.k8s.io")
		}
	}
	f.Add([]byte(`{"action":`), "")
	f.Add([]byte{0xff, 0}, "[::1]:80")
	f.Fuzz(func(t *testing.T, body []byte, host string) {
		l := lens.New(known{t}, lens.Options{})
		r := httptest.NewRequest(http.MethodGet, "/lens", bytes.NewReader(body))
		r.Host = host
		w := httptest.NewRecorder()
		l.ServeHTTP(w, r)
		if w.Code != http.StatusOK {
			t.Fatalf("%d", w.Code)
		}
		action := "initial"
		switch {
		case strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain"):
			return
		case !strings.HasPrefix(w.Body.String(), "<!DOCTYPE"):
			action = "rerender"
		}
		checkMarkup(t, action, w.Body.String(), w.Header())
	})
}

// known checks what is asked for.
type known struct{ t *testing.T }

func (k known) Begin(_ context.Context, ref prow.Ref) lens.Opening {
	if ref.Kind != prow.KindRun && ref.Kind != prow.KindDeck || ref.Path != "" || strings.Contains(ref.Root, "..") || !prow.IsBuild(ref.Build) || !prow.IsJob(ref.Job) {
		k.t.Errorf("%+v is asked for", ref)
	}
	if _, ok := (prow.Instances{}).At(ref.Host); ref.Host != "" && !ok {
		k.t.Errorf("the host %q is asked", ref.Host)
	}
	return lens.Opening{Err: fmt.Errorf("no run %q", ref.Root)}
}
