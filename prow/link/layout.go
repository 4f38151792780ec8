package link

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"prowtrace/prow"
)

// locate parses an object name, or a prefix of one, in the layout that
// Prow's pod-utils write (pkg/pod-utils/gcs/target.go):
//
//	[PREFIX/]logs/JOB/BUILD/…                          periodic, postsubmit
//	[PREFIX/]logs/ORG_REPO/JOB/BUILD/…                 as some status links have it
//	[PREFIX/]pr-logs/pull/[ORG_REPO/]PR/JOB/BUILD/…    presubmit
//	[PREFIX/]pr-logs/pull/[ORG_REPO/]batch/JOB/BUILD/… several pull requests at once
//	pr-logs/directory/JOB/BUILD.txt                    pointer to a presubmit's run
//	…/JOB/latest-build.txt                             means the job
//	JOB/BUILD/…                                        not Prow's, but real
//
// The build is the first all-digit segment after the job and before
// "artifacts". Empty segments are dropped. name must be decoded already.
func (g grammar) locate(provider, bucket, name string) (prow.Ref, *ParseError) {
	if e := checkBucket(provider, bucket); e != nil {
		return prow.Ref{}, e
	}
	segs, e := segments(name)
	if e != nil {
		return prow.Ref{}, e
	}
	l := layout{known: g, ref: prow.Ref{Run: prow.Run{Provider: provider, Bucket: bucket}}, segs: segs}
	e = l.find()
	if l.unusual() && (e != nil || l.ref.Build == "") {
		// "logs" was a folder inside a run, or there was none.
		l.ref = prow.Ref{Run: prow.Run{Provider: provider, Bucket: bucket}, Note: "non-standard layout"}
		e = l.job(0, prow.KindJob)
	}
	if e == nil {
		e = l.check()
	}
	if e != nil {
		return prow.Ref{}, e
	}
	return l.ref, nil
}

// A layout is a Ref that is filled from the segments of an object name.
type layout struct {
	known grammar
	ref   prow.Ref
	segs  []string
	end   int // segments that belong to ref.Root
}

// find looks for the folder below which the layout begins and reads on from there.
func (l *layout) find() *ParseError {
	for i, s := range l.segs {
		next := l.at(i + 1)
		switch {
		case s == "artifacts":
			return l.layoutError()
		case s == "logs" && next == "pr-logs":
			continue // a prefix that happens to be called logs
		case s == "logs":
			return l.logs(i + 1)
		case s == "pr-logs" && next == "directory":
			return l.directory(i + 2)
		case s == "pr-logs" && next == "pull":
			return l.pull(i + 2)
		}
	}
	return l.layoutError()
}

// unusual reports the layout JOB/BUILD without a folder before it.
func (l *layout) unusual() bool {
	return l.at(0) != "logs" && l.at(0) != "pr-logs" && !isDigits(l.at(0)) && prow.IsBuild(l.at(1))
}

func (l *layout) layoutError() *ParseError {
	if len(l.segs) == 0 || len(l.segs) == 1 && l.segs[0] == "pr-logs" {
		return l.fail(ClassNoJob, "no job in the path", hintRun)
	}
	return l.fail(ClassLayout, "not a path that Prow writes: neither logs/JOB/BUILD nor pr-logs/pull/…/JOB/BUILD nor pr-logs/directory/JOB/BUILD.txt", hintRun)
}

func (l *layout) logs(i int) *ParseError {
	// One segment may stand between: logs/ORG_REPO/JOB/BUILD.
	if l.at(i+1) != "artifacts" && !prow.IsBuild(l.at(i+1)) && (prow.IsBuild(l.at(i+2)) || i+3 == len(l.segs) && l.at(i+2) == latestBuild) {
		i++
	}
	return l.job(i, prow.KindJob)
}

func (l *layout) directory(i int) *ParseError {
	id := strings.TrimSuffix(l.at(i+1), ".txt")
	if !prow.IsBuild(id) {
		return l.job(i, prow.KindJob)
	}
	l.segs[i+1] = id
	if e := l.job(i, prow.KindJob); e != nil {
		return e
	}
	l.ref.Kind = prow.KindPointer
	l.ref.Root += ".txt"
	return nil
}

func (l *layout) pull(i int) *ParseError {
	repo := ""
	if !isDigits(l.at(i)) && (l.at(i) != "batch" || isDigits(l.at(i+1))) {
		repo = l.at(i)
		i++
	}
	number := l.at(i)
	if number != "batch" && !isDigits(number) {
		return l.fail(ClassNoPull, "no PR number in pr-logs/pull path", hintRun)
	}
	if number != "batch" || repo != "" {
		l.ref.Org, l.ref.Repo = l.known.owner(l.ref.Bucket, repo)
	}
	if number == "batch" {
		addNote(&l.ref, "batch")
		return l.job(i+1, prow.KindJob)
	}
	l.ref.Pull = number
	if i+1 == len(l.segs) {
		l.ref.Kind = prow.KindPR
		l.root(i + 1)
		return nil
	}
	return l.job(i+1, prow.KindPRJob)
}

const latestBuild = "latest-build.txt"

// job reads JOB, JOB/latest-build.txt or JOB/BUILD[/REST] at segment i. Without a
// build the result is of the given kind.
func (l *layout) job(i int, without prow.Kind) *ParseError {
	name, rest := l.at(i), l.segs[min(i+1, len(l.segs)):]
	latest := len(rest) == 1 && rest[0] == latestBuild
	hasBuild := len(rest) > 0 && prow.IsBuild(rest[0])
	switch {
	case name == "" || name == latestBuild || !hasBuild && isDigits(strings.TrimSuffix(name, ".txt")):
		return l.fail(ClassNoJob, "no job name in the path", hintRun)
	case strings.Contains(name, "*"):
		return l.fail(ClassGlob, "a pattern with * names many jobs", hintRun)
	case !prow.IsJob(name):
		return l.fail(ClassJobName, "invalid job name "+quote(name)+": Prow allows letters, digits, '-', '.' and '_'", hintRun)
	}
	l.ref.Job = name
	switch {
	case hasBuild:
		l.ref.Kind, l.ref.Build, l.ref.Rest = prow.KindRun, rest[0], join(rest[1:])
		l.root(i + 2)
	case len(rest) == 0 || latest:
		l.ref.Kind = without
		l.root(i + 1)
	default:
		return l.fail(ClassNoBuild, "no numeric build id after the job name, but "+quote(rest[0]), hintRun+", or give the job alone")
	}
	return nil
}

// check refuses characters above the run that would not survive being written
// as a URL and pasted again. Prow never writes them.
func (l *layout) check() *ParseError {
	for _, s := range l.segs[:l.end] {
		if i := strings.IndexFunc(s, unusable); i >= 0 {
			r, _ := utf8.DecodeRuneInString(s[i:])
			return l.fail(ClassPath, "the character "+quote(string(r))+" in "+quote(s)+" above the run", "check the link, or give gs://BUCKET/logs/JOB/BUILD")
		}
	}
	return nil
}

func unusable(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune("\"'`“”‘’«»<>()[]{}|\\*?#%", r)
}

func (l *layout) root(n int) {
	l.end = n
	l.ref.Root = join(l.segs[:n])
}

// at is the segment i, or "".
func (l *layout) at(i int) string {
	if i < len(l.segs) {
		return l.segs[i]
	}
	return ""
}

func (l *layout) fail(class, missing, hint string) *ParseError {
	understood := "bucket " + l.ref.Provider + "://" + l.ref.Bucket
	if l.ref.Job != "" {
		understood += ", job " + quote(l.ref.Job)
	}
	if len(l.segs) > 0 {
		understood += ", path " + quote(join(l.segs))
	}
	return fail(class, understood, missing, hint)
}

// segments splits an object name. Names are at most 1024 bytes of UTF-8 in both
// Google Cloud Storage and S3.
func segments(name string) ([]string, *ParseError) {
	refuse := func(why string) ([]string, *ParseError) {
		return nil, fail(ClassPath, "path "+quote(name), why, "check the link, or give gs://BUCKET/logs/JOB/BUILD")
	}
	if !utf8.ValidString(name) {
		return refuse("it is not UTF-8 after decoding")
	}
	if strings.ContainsFunc(name, unicode.IsControl) {
		return refuse("a control character in it")
	}
	var segs []string
	length := 0
	for s := range strings.SplitSeq(name, "/") {
		switch s {
		case "":
			continue
		case ".", "..":
			return refuse(`"." or ".." segment`)
		}
		segs = append(segs, s)
		length += len(s) + 1
	}
	if length > 1024 {
		return refuse("longer than the 1024 bytes that an object name may have")
	}
	return segs, nil
}

func checkBucket(provider, bucket string) *ParseError {
	const hint = "give it as gs://BUCKET/logs/JOB/BUILD, or paste the link of the run's page in Prow"
	understood := "a link into a " + provider + ":// bucket"
	switch {
	case bucket == "":
		return fail(ClassBucket, understood, "no bucket", hint)
	case bucket == "logs" || bucket == "pr-logs":
		return fail(ClassBucket, "a path that begins with "+bucket+"/", "no bucket before it", hint)
	}
	if !prow.IsBucket(provider, bucket) {
		return fail(ClassBucket, understood, "invalid bucket name "+quote(bucket), hint)
	}
	return nil
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

func isAlnum(c rune) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
}

// owner returns whose pull requests are below a repository segment ("" if the
// path has none). It depends only on the bucket, so a run has the same
// identity whichever link leads to it.
func (g grammar) owner(bucket, segment string) (org, repo string) {
	if org, repo, ok := strings.Cut(segment, "_"); ok {
		return org, repo // GitHub organisations cannot hold "_"; Gerrit's host cannot either
	}
	in, _ := g.OfBucket(bucket)
	switch {
	case segment == "":
		return in.DefaultOrg, in.DefaultRepo
	case in.Strategy == prow.Legacy:
		return in.DefaultOrg, segment
	}
	return "", segment
}
