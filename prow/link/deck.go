package link

import (
	"encoding/json"
	"strconv"
	"strings"

	"prowtrace/prow"
)

// deck reads the pages of Deck, gcsweb and Gubernator by the shape of their path.
func (p page) deck() (prow.Ref, *ParseError) {
	switch p.at(0) {
	case "view":
		ref, e := p.view()
		if e == nil && p.depth == 0 { // not one that another page leads to
			ref.Deck = p.host + p.port
		}
		return ref, e
	case "gs", "gcs", "s3":
		return p.known.locate(provider(p.at(0)), p.at(1), p.from(2))
	case "job-history":
		return p.jobHistory()
	case "spyglass":
		if p.at(1) == "lens" {
			return p.lens()
		}
	case "build", "builds":
		// Gubernator, whose links Deck rewrites to /view/gcs/….
		ref, e := p.known.locate("gs", p.at(1), p.from(2))
		if e == nil || isGubernator(p.host) || p.known.isDeck(p.host) {
			return ref, e
		}
	case "pr":
		if isGubernator(p.host) {
			return p.gubernatorPR()
		}
	case "pr-history":
		return p.prHistory()
	case "log":
		return p.log()
	case "prowjob", "rerun", "abort":
		return p.prowJob()
	case "":
		if _, ok := p.query["job"]; ok && p.known.isDeck(p.host) {
			return p.home()
		}
	}
	if e := p.mistyped(); e != nil {
		return prow.Ref{}, e
	}
	if p.known.isDeck(p.host) {
		return prow.Ref{}, fail(ClassUnsupported, p.describe(), "Deck page that names no run", hintRun)
	}
	if e := p.tracePage(); e != nil {
		return prow.Ref{}, e
	}
	if target := p.carried(); target != "" {
		return p.follow(target)
	}
	return prow.Ref{}, p.unknown()
}

// view reads /view/PROVIDER/BUCKET/…, /view/BUCKET/… and /view/prowjob/JOB/BUILD.
func (p page) view() (prow.Ref, *ParseError) {
	key := p.at(1)
	switch {
	case key == "prowjob":
		return p.jobBuild(p.at(2), p.at(3), p.from(4))
	case isKey(key) || key == "":
		return p.known.locate(provider(key), p.at(2), p.from(3))
	}
	// Istio's and, once, TestGrid's links leave the provider out.
	store := "gs"
	if in, ok := p.known.At(p.host); ok {
		store = in.Provider
	}
	return withoutProvider(p.known.locate(store, key, p.from(2)))
}

func withoutProvider(ref prow.Ref, e *ParseError) (prow.Ref, *ParseError) {
	if e != nil {
		return prow.Ref{}, e
	}
	ref.Note = strings.TrimSuffix("no provider segment: "+ref.Provider+" assumed; "+ref.Note, "; ")
	return ref, nil
}

// jobHistory reads /job-history/[PROVIDER/]BUCKET/ROOT[?buildId=N]. N is where
// the page starts, not a chosen run. Deck takes a missing provider for gs
// whatever its own bucket is.
func (p page) jobHistory() (ref prow.Ref, e *ParseError) {
	if isKey(p.at(1)) {
		ref, e = p.known.locate(provider(p.at(1)), p.at(2), p.from(3))
	} else {
		ref, e = withoutProvider(p.known.locate("gs", p.at(1), p.from(2)))
	}
	if e != nil {
		return prow.Ref{}, e
	}
	cursor := p.query["buildId"]
	if cursor == "" {
		return ref, nil
	}
	if n, err := strconv.ParseUint(cursor, 10, 64); err != nil || n == 0 {
		return prow.Ref{}, fail(ClassQuery, "the history of job "+quote(ref.Job), "invalid buildId "+quote(cursor), "leave it out, or give a positive number")
	}
	ref.Cursor = cursor
	addNote(&ref, "cursor<="+cursor)
	return ref, nil
}

// lens reads /spyglass/lens/NAME/{iframe,rerender,callback}?req=JSON&topURL=…; src
// in the JSON is what follows /view/.
func (p page) lens() (prow.Ref, *ParseError) {
	var req struct{ Src string }
	if err := json.Unmarshal([]byte(p.query["req"]), &req); err == nil && req.Src != "" {
		inner := page{known: p.known, host: p.host, port: p.port, segs: []string{"view"}, depth: p.depth}
		for s := range strings.SplitSeq(req.Src, "/") {
			if s != "" {
				inner.segs = append(inner.segs, s)
			}
		}
		return inner.view()
	}
	if top := p.query["topURL"]; top != "" {
		return p.follow(top)
	}
	return prow.Ref{}, fail(ClassQuery, "a frame of a Spyglass lens", "its req parameter names no src", hintRun)
}

// prHistory reads /pr-history?org=&repo=&pr=.
func (p page) prHistory() (prow.Ref, *ParseError) {
	org, repo, pull := p.query["org"], p.query["repo"], p.query["pr"]
	if !isName(org) || !isName(repo) || !isDigits(pull) {
		return prow.Ref{}, fail(ClassQuery, "a page for org "+quote(org)+", repo "+quote(repo)+", pr "+quote(pull),
			"pr-history needs org, repo and a numeric pr", "copy the whole link of the page")
	}
	return p.onDeck(prow.Ref{Kind: prow.KindPR, Run: prow.Run{Org: org, Repo: repo, Pull: pull}}), nil
}

// gubernatorPR reads /pr/[[ORG_]REPO/]NUMBER of Gubernator, which served
// Kubernetes' own bucket.
func (p page) gubernatorPR() (prow.Ref, *ParseError) {
	repo, pull := "", p.at(1)
	if !isDigits(pull) {
		repo, pull = p.at(1), p.at(2)
	}
	if !isDigits(pull) {
		return prow.Ref{}, fail(ClassNoPull, p.describe(), "no PR number in the path", hintRun)
	}
	ref := prow.Ref{Kind: prow.KindPR, Run: prow.Run{Pull: pull}, Note: "bucket from the default instance"}
	ref.Org, ref.Repo = p.known.owner(prow.Instances{}.Default().Bucket, repo)
	return ref, nil
}

// log reads /log?job=&id=[&container=].
func (p page) log() (prow.Ref, *ParseError) {
	job, id := p.query["job"], p.query["id"]
	if job == "" && id == "" && !p.known.isDeck(p.host) {
		return prow.Ref{}, p.unknown()
	}
	if job == "" || !prow.IsBuild(id) {
		return prow.Ref{}, fail(ClassQuery, "a log page for job "+quote(job)+", id "+quote(id), "log needs job and a numeric id", "copy the whole link of the page")
	}
	ref, e := p.jobBuild(job, id, "")
	if c := p.query["container"]; c != "" && e == nil {
		if !prow.IsJob(c) {
			return prow.Ref{}, fail(ClassQuery, "a log page for job "+quote(job), "invalid container name "+quote(c), "leave container out")
		}
		ref.Container = c
		addNote(&ref, "container="+c)
	}
	return ref, e
}

// prowJob reads /prowjob?prowjob=NAME and the two actions on it.
func (p page) prowJob() (prow.Ref, *ParseError) {
	name := p.query["prowjob"]
	switch {
	case name == "" && !p.known.isDeck(p.host):
		return prow.Ref{}, p.unknown()
	case !prow.IsJob(name):
		return prow.Ref{}, fail(ClassQuery, "a page for ProwJob "+quote(name), "/"+p.at(0)+" needs prowjob, the UUID of a ProwJob", "copy the whole link of the page")
	}
	ref := p.onDeck(prow.Ref{Kind: prow.KindProwJob, ProwJob: name})
	ref.Note = "prowjob=" + name + " at the default instance"
	if ref.Host != "" {
		ref.Note = "prowjob=" + name + " at " + ref.Host
	}
	return ref, nil
}

// home reads the filters of Deck's first page.
func (p page) home() (prow.Ref, *ParseError) {
	job := p.query["job"]
	switch {
	case strings.Contains(job, "*"):
		return prow.Ref{}, fail(ClassGlob, "the filter "+quote(job), "a job filter with * names many jobs", "give one job's name, or open one run and paste its link")
	case job == "":
		return prow.Ref{}, fail(ClassUnsupported, p.describe(), "Deck page that names no run", hintRun)
	case !prow.IsJob(job):
		return prow.Ref{}, fail(ClassJobName, "the filter "+quote(job), "not a job name: Prow allows letters, digits, '-', '.' and '_'", "give one job's name")
	}
	return p.onDeck(prow.Ref{Kind: prow.KindJob, Run: prow.Run{Job: job}}), nil
}

// jobBuild is a run that Deck names without its bucket.
func (p page) jobBuild(job, build, rest string) (prow.Ref, *ParseError) {
	understood := "job " + quote(job) + ", build " + quote(build)
	switch {
	case job == "":
		return prow.Ref{}, fail(ClassNoJob, p.describe(), "no job name in the path", hintRun)
	case !prow.IsJob(job):
		return prow.Ref{}, fail(ClassJobName, understood, "invalid job name "+quote(job)+": Prow allows letters, digits, '-', '.' and '_'", hintRun)
	case !prow.IsBuild(build):
		return prow.Ref{}, fail(ClassNoBuild, understood, "no numeric build id after the job name", hintRun)
	}
	if _, e := segments(rest); e != nil {
		return prow.Ref{}, e
	}
	return p.onDeck(prow.Ref{Kind: prow.KindDeck, Run: prow.Run{Job: job, Build: build}, Rest: rest}), nil
}

// onDeck notes which Deck's bucket is meant.
func (p page) onDeck(ref prow.Ref) prow.Ref {
	ref.Host = p.host + p.port
	if ref.Host == "" {
		addNote(&ref, p.known.from(ref.Job))
	} else {
		addNote(&ref, "bucket from "+ref.Host)
	}
	return ref
}

// isName reports an organisation or repository: GitHub's, or a Gerrit URL or path.
func isName(s string) bool {
	return s != "" && len(s) <= 255 && !strings.ContainsFunc(s, unusable)
}
