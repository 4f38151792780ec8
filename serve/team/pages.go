package team

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/prow"
	"prowtrace/session"
	"prowtrace/triage/report"
)

// pages are those around the viewer: rendered here, so that they work without scripts.
type pages struct{ base string }

// page is the frame of all of them.
type page struct {
	title  string
	script string // of ui
	again  bool   // it loads itself again where there are no scripts
}

// write sends a page with what body adds.
func (p pages) write(w http.ResponseWriter, status int, what page, body func(*markup)) {
	m := &markup{}
	m.add(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>%s · prowtrace</title>
<link rel="icon" href="%s/ui/run/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="%s/ui/team/team.css">
`, what.title, p.base, p.base)
	if what.script != "" {
		m.add("<script type=\"module\" src=\"%s/ui/team/%s\"></script>\n", p.base, what.script)
	}
	if what.again {
		m.add("<noscript><meta http-equiv=\"refresh\" content=\"2\"></noscript>\n")
	}
	m.add(`</head>
<body>
<a class="skip" href="#main">To the content</a>
<header><a href="%s/">prowtrace</a></header>
<main id="main" tabindex="-1">
<h1>%s</h1>
`, p.base, what.title)
	body(m)
	m.add("</main>\n</body>\n</html>\n")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, m.b.String()) // the visitor may have left
}

// form is where a link is pasted.
func (p pages) form(m *markup, pasted string, focus bool) {
	m.add(`<form action="%s/open" method="get">
<label for="link">A link of Prow, gcsweb or a bucket, a pull request, or the name of a job</label>
<div class="row"><input id="link" name="link" type="text" required maxlength="4096" autocomplete="off" spellcheck="false" value="%s"`, p.base, pasted)
	if focus {
		m.add(" autofocus")
	}
	m.add(` placeholder="https://prow.k8s.io/view/gs/… · kops#18011 · e2e-kops-aws-distro-deb13">
<button type="submit">Open</button></div>
</form>
`)
}

func (s *Server) start(w http.ResponseWriter, _ *http.Request) {
	s.pages.write(w, http.StatusOK, page{title: "Open a run"}, func(m *markup) {
		m.add("<p>See what broke first in a job of Prow, and where its time went.</p>\n")
		s.pages.form(m, "", true)
		m.add(`<section aria-labelledby="paths"><h2 id="paths">Or change the host of a link</h2>
<p>The paths of this server are those of Prow and gcsweb:</p>
<ul><li><code>%s/view/gs/BUCKET/logs/JOB/BUILD</code> a run</li>
<li><code>%s/job-history/gs/BUCKET/logs/JOB</code> the last runs of a job</li>
<li><code>%s/pr-history?org=ORG&amp;repo=REPO&amp;pr=NUMBER</code> the failed jobs of a pull request</li></ul>
</section>
<section aria-labelledby="buckets"><h2 id="buckets">Buckets that are read here</h2>
<ul>`, s.base, s.base, s.base)
		for _, name := range s.o.Buckets.Names() {
			m.add("<li><code>%s</code></li>\n", name)
		}
		m.add("</ul></section>\n")
	})
}

// wait shows how far a run is.
func (p pages) wait(w http.ResponseWriter, run prow.Run, state session.OpenState) {
	shown := stateOf(state)
	p.waitFor(w, text.Clip(run.Job+" "+run.Build, 300), shown.Text, run.URL())
}

// waitFor shows that something is on its way. link is what its state is asked by.
func (p pages) waitFor(w http.ResponseWriter, title, step, link string) {
	p.write(w, http.StatusAccepted, page{title: title, script: "wait.js", again: true}, func(m *markup) {
		m.add(`<p id="step" role="status" data-state="%s/api/v1/state?%s">%s</p>
<progress id="bar" aria-label="Bytes that have come"></progress>
<p class="dim">The page opens by itself. Others who open it wait for the same load.</p>
`, p.base, url.Values{"link": {link}}.Encode(), step)
	})
}

// fail tells what is wrong, as a page.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	if gone(r, err) {
		return
	}
	e := told(err)
	retryLater(w, e.status)
	s.pages.write(w, e.status, page{title: e.What}, func(m *markup) {
		m.add("<p role=\"alert\">%s</p>\n", e.Next)
		s.pages.near(m, e.Near)
		s.pages.form(m, text.Clip(r.URL.Query().Get("link"), 500), false)
	})
}

// near links the jobs that can be meant.
func (p pages) near(m *markup, jobs []string) {
	if len(jobs) == 0 {
		return
	}
	m.add("<p>Did you mean</p>\n<ul>")
	for _, job := range jobs {
		m.add("<li><a href=\"%s/open?%s\"><bdi>%s</bdi></a></li>\n", p.base, url.Values{"link": {job}}.Encode(), job)
	}
	m.add("</ul>\n")
}

// pull shows the failed jobs of a pull request.
func (s *Server) pull(w http.ResponseWriter, title string, all *report.Summaries) {
	s.pages.write(w, http.StatusOK, page{title: title}, func(m *markup) {
		m.add("<p>%s</p>\n", all.Pull.Line())
		if len(all.Runs) == 0 {
			m.add("<p>No job failed at this commit.</p>\n")
			return
		}
		m.add("<table>\n<thead><tr><th scope=\"col\">Job</th><th scope=\"col\">Result</th><th scope=\"col\">What broke first</th><th scope=\"col\">Confidence</th></tr></thead>\n<tbody>")
		for _, one := range all.Runs {
			finding, confidence := "Not known yet", ""
			if len(one.Findings) > 0 {
				finding, confidence = text.Clip(one.Findings[0].Title, 300), one.Findings[0].Confidence
			}
			m.add(`<tr><th scope="row"><a href="%s"><bdi>%s</bdi></a> <span class="dim">%s</span></th><td>%s</td><td><bdi>%s</bdi></td><td>%s</td></tr>
`, s.ownAddress(one.Run.URL), text.Clip(one.Run.Job, 200), text.Clip(one.Run.Build, 30), one.Run.Result, finding, confidence)
		}
		m.add("</tbody>\n</table>\n")
	})
}

// retryLater says when to ask again, where that helps.
func retryLater(w http.ResponseWriter, status int) {
	if status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable {
		w.Header().Set("Retry-After", "30")
	}
}

func (s *Server) asset(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("asset")
	content, err := ui.ReadFile("ui/" + name)
	if err != nil || path.Ext(name) == ".html" {
		http.NotFound(w, r)
		return
	}
	http.ServeContent(w, r, name, time.Time{}, bytes.NewReader(content))
}

func plain(w http.ResponseWriter, status int, said string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintln(w, said)
}

// ownAddress is where a run is shown here, by its address at Prow; that itself where it is
// not read here.
func (s *Server) ownAddress(prowPage string) string {
	ref, err := s.parse(prowPage)
	switch {
	case err == nil && ref.Kind == prow.KindRun:
		return s.address(RunPath(ref.Run), "")
	case !strings.HasPrefix(prowPage, "https://"):
		return ""
	}
	return prowPage
}
