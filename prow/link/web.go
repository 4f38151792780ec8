package link

import (
	"regexp"
	"strings"

	"prowtrace/prow"
)

// page is a web link taken apart. Path and query are percent-decoded once.
type page struct {
	known grammar
	host  string // lower case, no port; "" for a path alone
	port  string // "" or ":8080"
	segs  []string
	query map[string]string // the first value of each key
	raw   string            // path and query as they were given
	depth int               // of redirecting links around this one
}

// parseWeb reads what follows http:// or https://. The fragment is Spyglass' own: which
// lens, and which lines of a log.
func (g grammar) parseWeb(rest string, depth int) (prow.Ref, *ParseError) {
	ref, e := g.parsePage(rest, depth)
	if e != nil && e.Class == ClassTestGrid {
		e.Dashboard, e.Tab = tabOf(rest)
	}
	if _, fragment, ok := strings.Cut(rest, "#"); ok && e == nil && ref.Lines.File == "" {
		ref.Lines = linesOf(fragment)
	}
	return ref, e
}

// tabOf finds the tab that a link into TestGrid means: HOST/DASHBOARD#TAB&width=20, or
// HOST/q/summary/DASHBOARD/TAB/tests.
func tabOf(rest string) (dashboard, tab string) {
	rest, fragment, _ := strings.Cut(rest, "#")
	rest, _, _ = strings.Cut(rest, "?")
	segs := strings.Split(rest, "/")[1:]
	if len(segs) >= 4 && segs[0] == "q" {
		return unescape(segs[2]), unescape(segs[3])
	}
	tab, _, _ = strings.Cut(fragment, "&")
	if len(segs) == 0 || segs[0] == "" || tab == "" || strings.EqualFold(tab, "summary") {
		return "", ""
	}
	return unescape(segs[0]), unescape(tab)
}

// parsePage reads a web link without its fragment.
func (g grammar) parsePage(rest string, depth int) (prow.Ref, *ParseError) {
	p, e := g.newPage(rest, depth)
	if e != nil {
		return prow.Ref{}, e
	}
	if target := p.redirect(); target != "" {
		return p.follow(target)
	}
	if org, repo, number, ok := g.cutPullPath(p.segs); p.isGitHub() && ok {
		return g.pullRequest(org, repo, number), nil
	}
	if e := p.namesNoRun(); e != nil {
		return prow.Ref{}, e
	}
	if o, ok := p.object(); ok {
		return g.locate(o.provider, o.bucket, o.name)
	}
	return p.deck()
}

func (g grammar) newPage(rest string, depth int) (page, *ParseError) {
	rest, _, _ = strings.Cut(rest, "#")
	_, raw, _ := strings.Cut(rest, "/")
	rest, query, _ := strings.Cut(rest, "?")
	authority, path, _ := strings.Cut(rest, "/")
	p := page{known: g, raw: raw, host: authority[strings.LastIndexByte(authority, '@')+1:], query: parseQuery(query), depth: depth}
	if i := strings.LastIndexByte(p.host, ':'); i >= 0 && !strings.HasSuffix(p.host, "]") {
		if port := p.host[i+1:]; port != "" && port != "80" && port != "443" {
			p.port = p.host[i:]
		}
		p.host = p.host[:i]
	}
	p.host = strings.TrimSuffix(strings.ToLower(p.host), ".")
	for _, c := range p.host + p.port {
		if !isAlnum(c) && !strings.ContainsRune("-._:[]", c) {
			return page{}, fail(ClassHost, "a link to the host "+quote(p.host+p.port), "invalid host name", hintLink)
		}
	}
	if p.host == "" && authority != "" {
		return page{}, fail(ClassHost, "a link without a host", "not a Prow, gcsweb or bucket URL", hintLink)
	}
	if isConsole(p.host) {
		path, _, _ = strings.Cut(path, ";") // ;tab=objects
	}
	for s := range strings.SplitSeq(unescape(path), "/") {
		if s != "" {
			p.segs = append(p.segs, s)
		}
	}
	return p, nil
}

// at is the path segment i, or "".
func (p page) at(i int) string {
	if i < len(p.segs) {
		return p.segs[i]
	}
	return ""
}

// from joins the path segments from i on.
func (p page) from(i int) string { return join(p.segs[min(i, len(p.segs)):]) }

// describe names the page in a message, without its query.
func (p page) describe() string {
	if p.host == "" {
		return "path " + quote("/"+p.from(0))
	}
	return "host " + quote(p.host+p.port) + ", path " + quote("/"+p.from(0))
}

// redirect returns the target of a link that only leads on to another.
func (p page) redirect() string {
	switch {
	case googleSearch.MatchString(p.host) && p.at(0) == "url":
		return p.first("q", "url") // Spyglass' links lens, Google documents and mail
	case p.host == "accounts.google.com":
		return p.first("continue", "followup") // storage.cloud.google.com asks to log in
	case p.host == "slack-redir.net":
		return p.first("url")
	case strings.HasSuffix(p.host, ".safelinks.protection.outlook.com"):
		return p.first("url")
	}
	return ""
}

// googleSearch matches Google's host of every country: google.com, www.google.co.uk.
var googleSearch = regexp.MustCompile(`^(?:www\.)?google\.[a-z]{2,3}(?:\.[a-z]{2})?$`)

// carried returns the link that a page of an unknown host holds: web archives, mail
// filters and login pages have it in their path or in a parameter.
func (p page) carried() string {
	if m := carriedLink.FindStringSubmatchIndex(p.raw); m != nil {
		target := p.raw[m[2]:]
		if i := strings.Index(target, "__;"); i >= 0 && strings.HasPrefix(p.raw, "v3/__") {
			target = target[:i] // urldefense.com
		}
		return target
	}
	for _, value := range []string{p.first("url", "u", "q", "a"), p.first("target", "to", "dest", "destination"), p.first("continue", "next", "rd", "return_to", "redirect", "redirect_uri", "return")} {
		if m := linkStart.FindStringSubmatchIndex(value); m != nil {
			return value[m[2]:] // behind "cache:…:", for instance
		}
	}
	return ""
}

// carriedLink finds a link that begins a segment of a path. Some pages write one
// slash of the two.
var carriedLink = regexp.MustCompile(`(?i)^[^?]*?(?:^|/|/__)((?:https?|gs)(?::|%3a)(?:/|%2f))`)

// first is the first parameter of these that has a value.
func (p page) first(keys ...string) string {
	for _, k := range keys {
		if v := p.query[k]; v != "" {
			return v
		}
	}
	return ""
}

// follow reads a link that another one carries. Such a link may not lead to a
// file of this machine: whoever wrote it is not the one who pasted it.
func (p page) follow(target string) (prow.Ref, *ParseError) {
	ref, e := p.known.parse(target, p.depth+1)
	if e == nil && (ref.Kind == prow.KindPath || ref.Kind == prow.KindStdin) {
		return prow.Ref{}, fail(ClassQuery, p.describe(), "it contains a link to this machine", hintLink)
	}
	return ref, e
}

// namesNoRun recognises pages around Prow that people paste although no run can
// be told from them.
func (p page) namesNoRun() *ParseError {
	const seek = "follow it to the run's page in Prow and paste that link"
	triage := p.from(0)
	switch {
	case strings.Contains(p.host, "testgrid"):
		return fail(ClassTestGrid, p.describe(), "a TestGrid page names a tab, not a run", "open the cell and paste its Prow link")
	case p.isGitHub():
		return fail(ClassGitHub, p.describe(), "not the page of a pull request",
			"paste the link of the pull request, or the one behind \"Details\" of a Prow check on it")
	case p.host == "go.k8s.io" && p.at(0) == "triage", p.host == "triage.k8s.io",
		strings.Contains(p.host, "storage") && (strings.HasPrefix(triage, "k8s-triage/") || strings.HasPrefix(triage, "k8s-gubernator/triage/")):
		return fail(ClassUnsupported, p.describe(), "a triage page does not name a run", "open one of the failures it lists: "+seek)
	case strings.HasPrefix(p.host, "sippy"):
		return fail(ClassUnsupported, p.describe(), "a Sippy page does not name a run", seek)
	case p.host == "search.ci.openshift.org", p.host == "search.dptools.openshift.org":
		return fail(ClassUnsupported, p.describe(), "a CI search page does not name a run", seek)
	}
	return nil
}

func (p page) isGitHub() bool {
	return p.host == "github.com" || strings.HasSuffix(p.host, ".github.com")
}

// unescape decodes percent-escapes once. Broken ones stay as they are: a name may
// hold a plain percent sign.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	b := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '%' && i+2 < len(s) {
			hi, lo := hexDigit(s[i+1]), hexDigit(s[i+2])
			if hi >= 0 && lo >= 0 {
				b = append(b, byte(hi<<4|lo))
				i += 2
				continue
			}
		}
		b = append(b, s[i])
	}
	return string(b)
}

func hexDigit(c byte) int { return strings.IndexByte("0123456789abcdef", c|0x20) }

func parseQuery(query string) map[string]string {
	query = strings.ReplaceAll(query, "&amp;", "&") // copied from a page's source
	values := make(map[string]string)
	for pair := range strings.SplitSeq(query, "&") {
		k, v, _ := strings.Cut(strings.ReplaceAll(pair, "+", " "), "=")
		k = unescape(k)
		if _, seen := values[k]; !seen {
			values[k] = unescape(v)
		}
	}
	return values
}
