// Package link is the grammar of how Prow's runs are named: it reads links,
// storage paths, job names and other pasted texts, and writes the links of a run's
// pages.
//
// [Parse] is pure: it sends no request and does not look at the disk. Some things it cannot
// know: the newest run of a job, the target of a pointer file, the bucket behind a
// page that names none. It leaves them to package find and says so in the Ref's Kind.
// Links are recognised by the shape of their path, not by their host, because
// Prow's hosts move from year to year. The Instances are only used for pages
// without a bucket, for the Prow of a pull request, and for buckets that were moved. Parse
// never rewrites a bucket's name.
//
// The storage layout is that of Prow's pod-utils (pkg/pod-utils/gcs/target.go);
// the links are those of Deck, gcsweb, Spyglass, Gubernator and the object
// stores' own pages and APIs.
package link

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"prowtrace/prow"
)

// Parse returns what an argument means: a link, a bucket path, a job name, a file, or
// "-". It neither sends requests nor looks at the disk. The error is a
// *ParseError.
func Parse(known prow.Instances, input string) (prow.Ref, error) {
	ref, e := grammar{known}.parse(input, 0)
	if e != nil {
		e.Input = input
		return prow.Ref{}, e
	}
	ref.Input = input
	return ref, nil
}

// ParseFound reads a link that was found in a file or a page, as Parse does. The user
// did not choose this link, so it must not lead on to other links.
func ParseFound(known prow.Instances, found string) (prow.Ref, error) {
	ref, e := grammar{known}.parse(found, maxDepth)
	if e != nil {
		e.Input = found
		return prow.Ref{}, e
	}
	ref.Input = found
	return ref, nil
}

// Locate reads the name of an object, or a prefix of one, in a bucket.
func Locate(known prow.Instances, provider, bucket, name string) (prow.Ref, error) {
	ref, e := grammar{known}.locate(provider, bucket, name)
	if e != nil {
		e.Input = provider + "://" + bucket + "/" + name
		return prow.Ref{}, e
	}
	return ref, nil
}

// A grammar reads links for the known instances.
type grammar struct{ prow.Instances }

// maxDepth bounds how many redirecting links may be wrapped in each other.
const maxDepth = 4

func (g grammar) parse(input string, depth int) (prow.Ref, *ParseError) {
	if depth > maxDepth {
		return prow.Ref{}, fail(ClassForm, "a redirecting link around others", "too many are nested", hintLink)
	}
	if ref, ok := g.parseTitle(input); ok {
		return ref, nil
	}
	text, e := unwrap(input)
	if e != nil {
		return prow.Ref{}, e
	}
	ref, e := g.parseOne(text, depth)
	return g.mend(input, ref, e, depth)
}

// parseOne reads text that is one link, path or name.
func (g grammar) parseOne(text string, depth int) (prow.Ref, *ParseError) {
	if text == "-" {
		return prow.Ref{Kind: prow.KindStdin}, nil
	}
	if isLocal(text) {
		return prow.Local(text), nil
	}
	switch scheme, rest := cutScheme(text); scheme {
	case "http", "https":
		if rest == "" || rest[0] == '/' {
			return prow.Ref{}, fail(ClassHost, "a link without a host", "not a Prow, gcsweb or bucket URL", hintLink)
		}
		return g.parseWeb(rest, depth)
	case "gs", "gcs":
		return g.parseBucket("gs", rest)
	case "s3":
		return g.parseBucket("s3", rest)
	case "file":
		return parseFile(rest)
	case "":
		return g.parseBare(text, depth)
	default:
		return prow.Ref{}, fail(ClassScheme, "a link with the scheme "+quote(scheme), "only http, https, gs, s3 and file are known", hintLink)
	}
}

// parseBucket reads what follows gs:// or s3://. Nothing is percent-encoded there.
// For a gsutil pattern it uses the directory above the pattern, if that is a run.
func (g grammar) parseBucket(provider, rest string) (prow.Ref, *ParseError) {
	bucket, name, _ := strings.Cut(rest, "/")
	name = dropGeneration(name)
	segs, e := segments(name)
	i := slices.IndexFunc(segs, isPattern)
	if e != nil || i < 0 {
		return g.locate(provider, bucket, name)
	}
	ref, e := g.locate(provider, bucket, join(segs[:i]))
	if e != nil && e.Class == ClassBucket {
		return prow.Ref{}, e
	}
	if e != nil || ref.Kind != prow.KindRun {
		return prow.Ref{}, fail(ClassGlob, "bucket path "+quote(rest), "a pattern with * names many runs", hintRun)
	}
	ref.Pattern = strings.TrimPrefix(ref.Rest+"/"+join(segs[i:]), "/")
	addNote(&ref, "pattern "+join(segs[i:])+" dropped")
	return ref, nil
}

// isPattern reports one of gsutil's wildcards in a segment: *, ?, [a-z], {a,b}.
func isPattern(segment string) bool {
	return wildcard.MatchString(segment)
}

var wildcard = regexp.MustCompile(`[*?]|\[[^\]]+\]|\{[^}]*,[^}]*\}`)

// dropGeneration removes "#123", by which gsutil names one version of an object.
func dropGeneration(name string) string {
	if i := strings.LastIndexByte(name, '#'); i >= 0 && isDigits(name[i+1:]) {
		return name[:i]
	}
	return name
}

// parseFile reads what follows file://.
func parseFile(rest string) (prow.Ref, *ParseError) {
	host, path, _ := strings.Cut(rest, "/")
	switch {
	case isDrive(host):
		path = rest
	case host != "" && !strings.EqualFold(host, "localhost"):
		return prow.Ref{}, fail(ClassHost, "a file on the machine "+quote(host), "only files of this machine can be read", "mount or copy it and give its path")
	case !isDrive(path):
		path = "/" + path
	}
	path = unescape(path)
	if strings.ContainsFunc(path, unicode.IsControl) {
		return prow.Ref{}, fail(ClassPath, "file "+quote(path), "a control character in it", "give the path itself")
	}
	return prow.Local(path), nil
}

// parseBare reads text without a scheme: /path, HOST/path, BUCKET/path,
// JOB/BUILD, or one word.
func (g grammar) parseBare(text string, depth int) (prow.Ref, *ParseError) {
	if rest, ok := strings.CutPrefix(text, "//"); ok {
		return g.parseWeb(rest, depth)
	}
	if strings.HasPrefix(text, "/") {
		return g.parseAbsolute(text, depth)
	}
	first, rest, slash := strings.Cut(text, "/")
	second, more, _ := strings.Cut(rest, "/")
	third, _, _ := strings.Cut(more, "/")
	host, _, _ := strings.Cut(first, "?")
	host, _, _ = strings.Cut(host, "#")
	if org, repo, number, ok := g.cutPullRequest(text); ok {
		return g.pullRequest(org, repo, number), nil
	}
	if org, repo, number, ok := g.cutPullPath(strings.Split(strings.TrimRight(text, "/"), "/")); ok {
		return g.pullRequest(org, repo, number), nil
	}
	switch {
	case g.isHost(host) && (slash || !prow.IsJob(host) || g.isKnownHost(host)):
		return g.parseWeb(text, depth)
	case !slash:
		return g.parseWord(text)
	case isKey(first) || isView(first, second):
		return g.parseWeb("/"+text, depth) // copied without the host and the slash
	case isKey(second) && more != "" || isView(second, third):
		return g.parseWeb(text, depth) // a host without a dot
	case more == "" && prow.IsJob(first) && prow.IsBuild(second):
		return g.jobAndBuild(first, second), nil
	}
	ref, e := g.parseBucket("gs", text)
	switch {
	case e == nil && (ref.Kind == prow.KindRun || !hasFileSuffix(text)):
		ref.Note = strings.TrimSuffix("no scheme: gs assumed; "+ref.Note, "; ")
		return ref, nil
	case hasFileSuffix(text):
		return prow.Local(text), nil
	}
	e.Hint = "for a file or a directory, check its name; otherwise " + hintLink
	return prow.Ref{}, e
}

// parseAbsolute reads "/…": the path of a Deck or gcsweb page without its host,
// or a path on this machine. Callers have looked at the disk before.
func (g grammar) parseAbsolute(text string, depth int) (prow.Ref, *ParseError) {
	ref, e := g.parseWeb(text, depth)
	if e == nil {
		return ref, nil
	}
	first, _, _ := strings.Cut(text[1:], "/")
	first, _, _ = strings.Cut(first, "?")
	switch first {
	case "view", "job-history", "pr-history", "spyglass":
		return prow.Ref{}, e
	}
	return prow.Local(text), nil
}

// parseWord reads one word: a job's name, or something that looks like one.
func (g grammar) parseWord(word string) (prow.Ref, *ParseError) {
	if job, build, ok := strings.Cut(word, "@"); ok && prow.IsJob(job) && prow.IsBuild(build) {
		return g.jobAndBuild(job, build), nil
	}
	switch {
	case isDigits(word):
		return prow.Ref{}, fail(ClassBareBuild, "the build id "+quote(word), "the name of its job is missing", "give JOB/"+word[:min(len(word), 20)]+", or paste the link of the run's page")
	case strings.Contains(word, "*"):
		return prow.Ref{}, fail(ClassGlob, "the pattern "+quote(word), "a job filter with * names many jobs", "give one job's name")
	case prow.IsProwJob(word):
		return prow.Ref{Kind: prow.KindProwJob, ProwJob: word, Note: "prowjob=" + word + " at the default instance"}, nil
	case !prow.IsJob(word):
		return prow.Ref{}, fail(ClassJobName, "the word "+quote(word), "neither a link nor a job name: Prow allows letters, digits, '-', '.' and '_'", hintLink)
	}
	return prow.Ref{Kind: prow.KindJob, Run: prow.Run{Job: word}, Note: g.from(word)}, nil
}

func (g grammar) jobAndBuild(job, build string) prow.Ref {
	return prow.Ref{Kind: prow.KindDeck, Run: prow.Run{Job: job, Build: build}, Note: g.from(job)}
}

// isKey reports the names of object stores that Deck and gcsweb have in paths.
func isKey(s string) bool { return s == "gs" || s == "gcs" || s == "s3" }

// isView reports the two segments with which the path of a run's page begins.
func isView(first, second string) bool {
	return first == "view" && (isKey(second) || second == "prowjob")
}

// provider returns the object store that a key means.
func provider(key string) string {
	if key == "s3" {
		return "s3"
	}
	return "gs" // "gcs" is Deck's older and gcsweb's present name for it
}

// cutPullRequest splits REPO#NUMBER and ORG/REPO#NUMBER.
func (g grammar) cutPullRequest(s string) (org, repo, number string, ok bool) {
	name, number, ok := strings.Cut(s, "#")
	org, repo, slash := strings.Cut(name, "/")
	if !slash {
		org, repo = g.Default().DefaultOrg, name
	}
	return org, repo, number, ok && isDigits(number) && len(number) <= 20 && prow.IsJob(org) && prow.IsJob(repo)
}

// cutPullPath splits [ORG/]REPO/pull/NUMBER, as the paths of GitHub's pages and of
// its API have it.
func (g grammar) cutPullPath(segs []string) (org, repo, number string, ok bool) {
	if len(segs) > 3 && segs[0] == "repos" {
		segs = segs[1:]
	}
	i := slices.IndexFunc(segs, func(s string) bool { return s == "pull" || s == "pulls" })
	switch i {
	case 1:
		org, repo = g.Default().DefaultOrg, segs[0]
	case 2:
		org, repo = segs[0], segs[1]
	default:
		return "", "", "", false
	}
	if i+1 == len(segs) || i+2 < len(segs) && !slices.Contains([]string{"files", "changes", "commits", "checks", "conflicts", "conversation"}, segs[i+2]) {
		return "", "", "", false
	}
	number, _, _ = strings.Cut(segs[i+1], "#") // of a comment
	return org, repo, number, isDigits(number) && len(number) <= 10 && prow.IsJob(org) && prow.IsJob(repo)
}

// pullRequest returns a pull request on GitHub, whose link does not name a bucket.
func (g grammar) pullRequest(org, repo, number string) prow.Ref {
	ref := prow.Ref{Kind: prow.KindPR, Run: prow.Run{Org: org, Repo: repo, Pull: number}}
	return page{known: g, host: g.DeckOf(org)}.onDeck(ref)
}

// from says, in a note, whose bucket is meant where only a job's name tells.
func (g grammar) from(job string) string {
	own := g.OwnForJob(job)
	if len(own) == 0 {
		return "bucket from the default instance"
	}
	var decks []string
	for _, in := range own {
		decks = append(decks, in.Decks[0])
	}
	return "bucket from " + strings.Join(decks, ", then ")
}

// addNote appends to the note; parts are separated by "; ".
func addNote(r *prow.Ref, note string) {
	if r.Note != "" {
		note = r.Note + "; " + note
	}
	r.Note = note
}

// join puts path segments together again.
func join(segs []string) string { return strings.Join(segs, "/") }
