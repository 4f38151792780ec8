package link

import "prowtrace/internal/text"

// ParseError is the only kind of error that this package returns.
type ParseError struct {
	Class string // one of the Class constants
	Input string // as given; may hold credentials or control characters, so it is not part of the text

	Understood string // what could be made of the input
	Missing    string // why that is not enough
	Hint       string // what to do next, without the name of this program's commands

	// Host is the host of a page that no known Prow, gcsweb or store serves. It is
	// "" for all other errors.
	Host string

	// Dashboard and Tab are those of a link to a tab of TestGrid; "" for all other errors.
	// They are hostile text.
	Dashboard, Tab string
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

// unknown is the error of a page whose host and path are not known.
func (p page) unknown() *ParseError {
	e := fail(ClassHost, p.describe(), "not a Prow, gcsweb or bucket URL", hintLink)
	e.Host = p.host
	return e
}

// Hints used by more than one error.
const (
	hintRun  = "open one run in Prow and paste the link of its page"
	hintLink = "paste the link of the run's page in Prow, of its artifacts in gcsweb, or gs://BUCKET/logs/JOB/BUILD"
)

// maxQuoted is how many bytes of the input a message shows of one piece.
const maxQuoted = 120

func quote(s string) string { return text.Quote(s, maxQuoted) }
