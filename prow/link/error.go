// Package link is the grammar of how Prow's runs are named: it reads links,
// storage paths, job names and what else people paste, and writes the links of a
// run's pages.
//
// [Parse] is pure: it sends no request and does not look at the disk. What it cannot
// know (the newest run of a job, the target of a pointer file, the bucket behind a
// page that names none) it leaves to package find and says so in the Ref's Kind.
// Links are recognised by the shape of their path, not by their host, because
// Prow's hosts move from year to year. The Instances are only asked about pages
// that carry no bucket, about whose a pull request is, and about buckets that were
// moved. Parse never rewrites a bucket's name.
//
// The storage layout is that of Prow's pod-utils (pkg/pod-utils/gcs/target.go);
// the links are those of Deck, gcsweb, Spyglass, Gubernator and the object
// stores' own pages and APIs.
package link

import (
	"strconv"
	"unicode/utf8"
)

// ParseError is the only kind of error that this package returns.
type ParseError struct {
	Class string // one of the Class constants
	Input string // as given; may hold credentials or control characters, so it is not part of the text

	Understood string // what could be made of the input
	Missing    string // why that is not enough
	Hint       string // what to do next
}

// Error is one line: the class, what was understood, what is missing, what to do.
// It holds no control characters, no user names and no query of the input.
func (e *ParseError) Error() string {
	return e.Class + ": " + e.Understood + "; " + e.Missing + "; " + e.Hint
}

// The classes of ParseError. They are stable: scripts may match on them.
const (
	ClassEmpty       = "E_EMPTY"       // nothing was given
	ClassMany        = "E_MANY"        // several links, or words that are no link
	ClassScheme      = "E_SCHEME"      // a scheme other than http, https, gs, s3, file
	ClassHost        = "E_HOST"        // neither the host nor the path is known
	ClassForm        = "E_FORM"        // damaged: cut off, too long, not text
	ClassJobName     = "E_JOBNAME"     // not a name that Prow allows for a job
	ClassBucket      = "E_BUCKET"      // no bucket, or not a possible bucket name
	ClassNoJob       = "E_NOJOB"       // a bucket, but no job in it
	ClassNoBuild     = "E_NOBUILD"     // a job, followed by something that is no build id
	ClassNoPull      = "E_NOPULL"      // pr-logs/pull without the number of a pull request
	ClassLayout      = "E_LAYOUT"      // a path in a bucket that Prow does not write
	ClassPath        = "E_PATH"        // "..", control characters and the like in a path
	ClassQuery       = "E_QUERY"       // a Deck page whose parameters do not suffice
	ClassGlob        = "E_GLOB"        // a pattern where one name is needed
	ClassBareBuild   = "E_BAREBUILD"   // a build id without its job
	ClassTestGrid    = "E_TESTGRID"    // a TestGrid page
	ClassGitHub      = "E_GITHUB"      // a GitHub page other than a pull request
	ClassUnsupported = "E_UNSUPPORTED" // a known page that names no run
)

func fail(class, understood, missing, hint string) *ParseError {
	return &ParseError{Class: class, Understood: understood, Missing: missing, Hint: hint}
}

// Hints used by more than one error.
const (
	hintRun  = "open one run in Prow and paste the link of its page"
	hintHost = HintLink + "; a Prow that is not known can be named in the config file, see prowtrace --help"
	HintLink = "paste the link of the run's page in Prow, of its artifacts in gcsweb, or gs://BUCKET/logs/JOB/BUILD"
)

// Quote quotes a piece of the input for a message: bounded, and harmless on a
// terminal.
func Quote(s string) string {
	const most = 120
	if len(s) > most {
		n := most
		for n > 0 && !utf8.RuneStart(s[n]) {
			n--
		}
		s = s[:n] + "…"
	}
	return strconv.Quote(s)
}
