package prow

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// locate reads an object name, or a prefix of one, as a place in the layout that
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
func (t Instances) locate(provider, bucket, name string) (Ref, *ParseError) {
	if e := checkBucket(provider, bucket); e != nil {
		return Ref{}, e
	}
	segs, e := segments(name)
	if e != nil {
		return Ref{}, e
	}
	p := place{known: t, ref: Ref{Run: Run{Provider: provider, Bucket: bucket}}, segs: segs}
	e = p.find()
	if p.unusual() && (e != nil || p.ref.Build == "") {
		// "logs" was a folder inside a run, or there was none.
		p.ref = Ref{Run: Run{Provider: provider, Bucket: bucket}, Note: "non-standard layout"}
		e = p.job(0, KindJob)
	}
	if e == nil {
		e = p.check()
	}
	if e != nil {
		return Ref{}, e
	}
	return p.ref, nil
}

// place is a Ref that is being filled from the segments of an object name.
type place struct {
	known Instances
	ref   Ref
	segs  []string
	end   int // segments that belong to ref.Root
}

// find looks for the folder below which the layout begins and reads on from there.
func (p *place) find() *ParseError {
	for i, s := range p.segs {
		next := p.at(i + 1)
		switch {
		case s == "artifacts":
			return p.layoutError()
		case s == "logs" && next == "pr-logs":
			continue // a prefix that happens to be called logs
		case s == "logs":
			return p.logs(i + 1)
		case s == "pr-logs" && next == "directory":
			return p.directory(i + 2)
		case s == "pr-logs" && next == "pull":
			return p.pull(i + 2)
		}
	}
	return p.layoutError()
}

// unusual reports the layout JOB/BUILD without a folder before it.
func (p *place) unusual() bool {
	return p.at(0) != "logs" && p.at(0) != "pr-logs" && !isDigits(p.at(0)) && isBuild(p.at(1))
}

func (p *place) layoutError() *ParseError {
	if len(p.segs) == 0 || len(p.segs) == 1 && p.segs[0] == "pr-logs" {
		return p.fail(ClassNoJob, "no job in the path", hintRun)
	}
	return p.fail(ClassLayout, "not a path that Prow writes: neither logs/JOB/BUILD nor pr-logs/pull/…/JOB/BUILD nor pr-logs/directory/JOB/BUILD.txt", hintRun)
}

func (p *place) logs(i int) *ParseError {
	// One segment may stand between: logs/ORG_REPO/JOB/BUILD.
	if p.at(i+1) != "artifacts" && !isBuild(p.at(i+1)) && (isBuild(p.at(i+2)) || i+3 == len(p.segs) && p.at(i+2) == latestBuild) {
		i++
	}
	return p.job(i, KindJob)
}

func (p *place) directory(i int) *ParseError {
	id := strings.TrimSuffix(p.at(i+1), ".txt")
	if !isBuild(id) {
		return p.job(i, KindJob)
	}
	p.segs[i+1] = id
	if e := p.job(i, KindJob); e != nil {
		return e
	}
	p.ref.Kind = KindPointer
	p.ref.Root += ".txt"
	return nil
}

func (p *place) pull(i int) *ParseError {
	repo := ""
	if !isDigits(p.at(i)) && (p.at(i) != "batch" || isDigits(p.at(i+1))) {
		repo = p.at(i)
		i++
	}
	number := p.at(i)
	if number != "batch" && !isDigits(number) {
		return p.fail(ClassNoPull, "no PR number in pr-logs/pull path", hintRun)
	}
	if number != "batch" || repo != "" {
		p.ref.Org, p.ref.Repo = p.known.owner(p.ref.Bucket, repo)
	}
	if number == "batch" {
		p.ref.addNote("batch")
		return p.job(i+1, KindJob)
	}
	p.ref.Pull = number
	if i+1 == len(p.segs) {
		p.ref.Kind = KindPR
		p.root(i + 1)
		return nil
	}
	return p.job(i+1, KindPRJob)
}

const latestBuild = "latest-build.txt"

// job reads JOB, JOB/latest-build.txt or JOB/BUILD[/REST] at segment i. Without a
// build the result is of the given kind.
func (p *place) job(i int, without Kind) *ParseError {
	name, rest := p.at(i), p.segs[min(i+1, len(p.segs)):]
	latest := len(rest) == 1 && rest[0] == latestBuild
	hasBuild := len(rest) > 0 && isBuild(rest[0])
	switch {
	case name == "" || name == latestBuild || !hasBuild && isDigits(strings.TrimSuffix(name, ".txt")):
		return p.fail(ClassNoJob, "no job name in the path", hintRun)
	case strings.Contains(name, "*"):
		return p.fail(ClassGlob, "a pattern with * names many jobs", hintRun)
	case !isJobName(name):
		return p.fail(ClassJobName, show(name)+" is no job name: Prow allows letters, digits, '-', '.' and '_'", hintRun)
	}
	p.ref.Job = name
	switch {
	case hasBuild:
		p.ref.Kind, p.ref.Build, p.ref.Rest = KindRun, rest[0], join(rest[1:])
		p.root(i + 2)
	case len(rest) == 0 || latest:
		p.ref.Kind = without
		p.root(i + 1)
	default:
		return p.fail(ClassNoBuild, "no numeric build id after the job name, but "+show(rest[0]), hintRun+", or give the job alone")
	}
	return nil
}

// check refuses characters above the run that would not survive being written
// as a URL and pasted again. Prow never writes them.
func (p *place) check() *ParseError {
	for _, s := range p.segs[:p.end] {
		if i := strings.IndexFunc(s, unusable); i >= 0 {
			r, _ := utf8.DecodeRuneInString(s[i:])
			return p.fail(ClassPath, "the character "+show(string(r))+" in "+show(s)+" above the run", "check the link, or give gs://BUCKET/logs/JOB/BUILD")
		}
	}
	return nil
}

func unusable(r rune) bool {
	return !unicode.IsGraphic(r) || unicode.IsSpace(r) || strings.ContainsRune("\"'`“”‘’«»<>()[]{}|\\*?#%", r)
}

func (p *place) root(n int) {
	p.end = n
	p.ref.Root = join(p.segs[:n])
}

// at is the segment i, or "".
func (p *place) at(i int) string {
	if i < len(p.segs) {
		return p.segs[i]
	}
	return ""
}

func (p *place) fail(class, missing, hint string) *ParseError {
	understood := "bucket " + p.ref.Provider + "://" + p.ref.Bucket
	if p.ref.Job != "" {
		understood += ", job " + show(p.ref.Job)
	}
	if len(p.segs) > 0 {
		understood += ", path " + show(join(p.segs))
	}
	return fail(class, understood, missing, hint)
}

// segments splits an object name. Names are at most 1024 bytes of UTF-8 in both
// Google Cloud Storage and S3.
func segments(name string) ([]string, *ParseError) {
	refuse := func(why string) ([]string, *ParseError) {
		return nil, fail(ClassPath, "path "+show(name), why, "check the link, or give gs://BUCKET/logs/JOB/BUILD")
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
	bad := len(bucket) < 3 || len(bucket) > 222 || !isAlnum(rune(bucket[0])) || !isAlnum(rune(bucket[len(bucket)-1])) || strings.Contains(bucket, "..")
	for _, c := range bucket {
		upper := c >= 'A' && c <= 'Z'
		if !isAlnum(c) && c != '-' && c != '_' && c != '.' || upper && provider == "gs" {
			bad = true
		}
	}
	if bad {
		return fail(ClassBucket, understood, show(bucket)+" is no bucket name", hint)
	}
	return nil
}

// isJobName is Prow's own rule (pkg/config, jobNameRegex), and no name of dots.
func isJobName(s string) bool {
	letters := false
	for _, c := range s {
		if !isAlnum(c) && c != '-' && c != '.' && c != '_' {
			return false
		}
		letters = letters || isAlnum(c)
	}
	return letters && len(s) <= 255
}

// isBuild allows every decimal that fits 64 bits: snowflake ids have 18 or 19
// digits, older ids are small counters or times.
func isBuild(s string) bool { return len(s) <= 20 && isDigits(s) }

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
