package prow

import (
	"slices"
	"strings"
	"unicode"
)

// Parse says what an argument means: a link, a bucket path, a job name, a file,
// "-". It neither sends requests nor looks at the disk. The error is a
// *ParseError. It knows the hosts that are built in; see [Instances.Parse].
func Parse(input string) (Ref, error) { return Instances{}.Parse(input) }

// Parse is the function of the same name, for the instances that are known.
func (t Instances) Parse(input string) (Ref, error) {
	ref, e := t.parse(input, 0)
	if e != nil {
		e.Input = input
		return Ref{}, e
	}
	ref.Input = input
	return ref, nil
}

// maxDepth bounds how many redirecting links may be wrapped in each other.
const maxDepth = 4

func (t Instances) parse(input string, depth int) (Ref, *ParseError) {
	if depth > maxDepth {
		return Ref{}, fail(ClassForm, "a redirecting link around others", "too many are nested", hintLink)
	}
	text, e := unwrap(input)
	if e != nil {
		return Ref{}, e
	}
	if text == "-" {
		return Ref{Kind: KindStdin}, nil
	}
	if isLocal(text) {
		return Local(text), nil
	}
	switch scheme, rest := cutScheme(text); scheme {
	case "http", "https":
		if rest == "" || rest[0] == '/' {
			return Ref{}, fail(ClassHost, "a link without a host", "not a Prow, gcsweb or bucket URL", hintLink)
		}
		return t.parseWeb(rest, depth)
	case "gs", "gcs":
		return t.parseBucket("gs", rest)
	case "s3":
		return t.parseBucket("s3", rest)
	case "file":
		return parseFile(rest)
	case "":
		return t.parseBare(text, depth)
	default:
		return Ref{}, fail(ClassScheme, "a link with the scheme "+show(scheme), "only http, https, gs, s3 and file are known", hintLink)
	}
}

// parseBucket reads what follows gs:// or s3://. Nothing is percent-encoded there.
func (t Instances) parseBucket(provider, rest string) (Ref, *ParseError) {
	bucket, name, _ := strings.Cut(rest, "/")
	name = dropGeneration(name)
	segs, e := segments(name)
	i := slices.IndexFunc(segs, func(s string) bool { return strings.Contains(s, "*") })
	if e != nil || i < 0 {
		return t.locate(provider, bucket, name)
	}
	// A pattern for gsutil: what lies above it, if that is a run.
	ref, e := t.locate(provider, bucket, join(segs[:i]))
	if e != nil && e.Class == ClassBucket {
		return Ref{}, e
	}
	if e != nil || ref.Kind != KindRun {
		return Ref{}, fail(ClassGlob, "bucket path "+show(rest), "a pattern with * names many runs", hintRun)
	}
	ref.addNote("pattern " + join(segs[i:]) + " dropped")
	return ref, nil
}

// dropGeneration removes "#123", by which gsutil names one version of an object.
func dropGeneration(name string) string {
	if i := strings.LastIndexByte(name, '#'); i >= 0 && isDigits(name[i+1:]) {
		return name[:i]
	}
	return name
}

// parseFile reads what follows file://.
func parseFile(rest string) (Ref, *ParseError) {
	host, path, _ := strings.Cut(rest, "/")
	switch {
	case isDrive(host):
		path = rest
	case host != "" && !strings.EqualFold(host, "localhost"):
		return Ref{}, fail(ClassHost, "a file on the machine "+show(host), "only files of this machine can be read", "mount or copy it and give its path")
	case !isDrive(path):
		path = "/" + path
	}
	path = unescape(path)
	if strings.ContainsFunc(path, unicode.IsControl) {
		return Ref{}, fail(ClassPath, "file "+show(path), "a control character in it", "give the path itself")
	}
	return Local(path), nil
}

// parseBare reads text without a scheme: /path, HOST/path, BUCKET/path,
// JOB/BUILD, or one word.
func (t Instances) parseBare(text string, depth int) (Ref, *ParseError) {
	if rest, ok := strings.CutPrefix(text, "//"); ok {
		return t.parseWeb(rest, depth)
	}
	if strings.HasPrefix(text, "/") {
		return t.parseAbsolute(text, depth)
	}
	first, rest, slash := strings.Cut(text, "/")
	second, more, _ := strings.Cut(rest, "/")
	third, _, _ := strings.Cut(more, "/")
	host, _, _ := strings.Cut(first, "?")
	host, _, _ = strings.Cut(host, "#")
	if org, repo, number, ok := t.cutPullRequest(text); ok {
		return t.pullRequest(org, repo, number), nil
	}
	switch {
	case t.isHost(host) && (slash || !isJobName(host) || t.isKnownHost(host)):
		return t.parseWeb(text, depth)
	case !slash:
		return t.parseWord(text)
	case isKey(first) || isView(first, second):
		return t.parseWeb("/"+text, depth) // copied without the host and the slash
	case isKey(second) && more != "" || isView(second, third):
		return t.parseWeb(text, depth) // a host without a dot
	case more == "" && isJobName(first) && isBuild(second):
		return t.jobAndBuild(first, second), nil
	}
	ref, e := t.parseBucket("gs", text)
	switch {
	case e == nil && (ref.Kind == KindRun || !hasFileSuffix(text)):
		ref.Note = strings.TrimSuffix("no scheme: gs assumed; "+ref.Note, "; ")
		return ref, nil
	case hasFileSuffix(text):
		return Local(text), nil
	}
	e.Hint = "if it is a file or a directory, there is none of that name here; otherwise " + hintLink
	return Ref{}, e
}

// parseAbsolute reads "/…": the path of a Deck or gcsweb page without its host,
// or a path on this machine. Callers have looked at the disk before.
func (t Instances) parseAbsolute(text string, depth int) (Ref, *ParseError) {
	ref, e := t.parseWeb(text, depth)
	if e == nil {
		return ref, nil
	}
	first, _, _ := strings.Cut(text[1:], "/")
	first, _, _ = strings.Cut(first, "?")
	switch first {
	case "view", "job-history", "pr-history", "spyglass":
		return Ref{}, e
	}
	return Local(text), nil
}

// parseWord reads one word: a job's name, or something that looks like one.
func (t Instances) parseWord(word string) (Ref, *ParseError) {
	if job, build, ok := strings.Cut(word, "@"); ok && isJobName(job) && isBuild(build) {
		return t.jobAndBuild(job, build), nil
	}
	switch {
	case isDigits(word):
		return Ref{}, fail(ClassBareBuild, "the build id "+show(word), "the name of its job is missing", "give JOB/"+word[:min(len(word), 20)]+", or paste the link of the run's page")
	case strings.Contains(word, "*"):
		return Ref{}, fail(ClassGlob, "the pattern "+show(word), "a job filter with * names many jobs", "give one job's name")
	case isUUID(word):
		return Ref{Kind: KindProwJob, ProwJob: word, Note: "prowjob=" + word + " at the default instance"}, nil
	case !isJobName(word):
		return Ref{}, fail(ClassJobName, "the word "+show(word), "neither a link nor a job name: Prow allows letters, digits, '-', '.' and '_'", hintLink)
	}
	return Ref{Kind: KindJob, Run: Run{Job: word}, Note: t.from(word)}, nil
}

func (t Instances) jobAndBuild(job, build string) Ref {
	return Ref{Kind: KindDeck, Run: Run{Job: job, Build: build}, Note: t.from(job)}
}

// isKey reports the names of object stores that Deck and gcsweb have in paths.
func isKey(s string) bool { return s == "gs" || s == "gcs" || s == "s3" }

// isView reports the two segments with which the path of a run's page begins.
func isView(first, second string) bool {
	return first == "view" && (isKey(second) || second == "prowjob")
}

// provider is the object store that a key means.
func provider(key string) string {
	if key == "s3" {
		return "s3"
	}
	return "gs" // "gcs" is Deck's older and gcsweb's present name for it
}

// cutPullRequest splits REPO#NUMBER and ORG/REPO#NUMBER.
func (t Instances) cutPullRequest(s string) (org, repo, number string, ok bool) {
	name, number, ok := strings.Cut(s, "#")
	org, repo, slash := strings.Cut(name, "/")
	if !slash {
		org, repo = t.Default().DefaultOrg, name
	}
	return org, repo, number, ok && isDigits(number) && len(number) <= 20 && isJobName(org) && isJobName(repo)
}

// pullRequest is a pull request on GitHub, which says nothing of a bucket.
func (t Instances) pullRequest(org, repo, number string) Ref {
	ref := Ref{Kind: KindPR, Run: Run{Org: org, Repo: repo, Pull: number}}
	return page{known: t, host: t.deckOf(org)}.onDeck(ref)
}

// isUUID reports the form in which Prow names ProwJobs.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range strings.ToLower(s) {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		hex := c >= '0' && c <= '9' || c >= 'a' && c <= 'f'
		if dash && c != '-' || !dash && !hex {
			return false
		}
	}
	return true
}
