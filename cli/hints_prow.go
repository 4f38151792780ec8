package cli

import (
	"fmt"
	"strings"
	"time"

	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
	"prowtrace/session"
)

// parseHint is what to do about an argument that could not be read.
func parseHint(e *link.ParseError) string {
	if e.Host != "" {
		return e.Hint + "; to add another Prow, see docs/config.md"
	}
	return e.Hint
}

// resolveHint is what to do where no run could be chosen.
func resolveHint(e *find.ResolveError) string {
	const (
		nameBucket = "name the bucket with --bucket"
		pasteRun   = "paste the link of the run itself"
	)
	switch e.Reason {
	case find.ReasonSeveral:
		return "paste the link of one of them, or choose the newest with --latest, --failed or --passed; prowtrace runs lists their results"
	case find.ReasonNoRuns:
		check := "check the name"
		if e.Timed {
			check = "check the time limits and the name"
		}
		if e.Bucket != "" {
			return check + ", and the name of the bucket"
		}
		return check + ", or " + nameBucket
	case find.ReasonNoBucket:
		return "check the bucket's name, or leave --bucket out"
	case find.ReasonOutOfTime:
		return "choose other times; prowtrace runs lists the newest runs"
	case find.ReasonLimit:
		return olderHint(e.Oldest)
	case find.ReasonNoneFits:
		return "choose another result, or paste the link of a run"
	case find.ReasonRunning:
		return "use --watch --latest to wait for the newest run, or paste the link of a run"
	case find.ReasonNotThere:
		return "it may have expired or be in another bucket: open it in Prow and paste its link, or list the newest runs with prowtrace runs"
	case find.ReasonStore:
		return "open the run in Prow and paste its link, or " + nameBucket + " if there is a copy"
	case find.ReasonBucket:
		return "give --bucket as NAME or gs://NAME"
	case find.ReasonProw:
		return nameBucket + ", or add that Prow to the config file, see docs/config.md"
	case find.ReasonUnasked:
		return "if you trust it, add that Prow to the config file, see docs/config.md; or " + pasteRun
	case find.ReasonKind:
		return "give the name of a job, or paste the link of a run's page in Prow"
	case find.ReasonDeleted:
		return pasteRun + ", or find the run by its job: prowtrace runs JOB"
	case find.ReasonNotStarted:
		return "wait until Prow shows a link for it"
	case find.ReasonLink:
		return pasteRun
	case find.ReasonDeck:
		if hint := hintFor(deckHint)(invocation{}, e); hint != "" {
			return hint + "; or " + pasteRun
		}
		return "try again later, or " + pasteRun
	}
	return ""
}

// deckHint is what to do where Prow's page does not answer.
func deckHint(e *find.DeckError) string {
	switch e.Cause {
	case objstore.NameUnknown:
		return "check the name of the host and the network, and HTTPS_PROXY if there is a proxy"
	case objstore.TooSlow:
		return "check the network, and try again later"
	}
	return unreachableHint(&objstore.UnreachableError{Cause: e.Cause})
}

// tabHint is what to do where the jobs of a tab of TestGrid cannot be asked for.
func tabHint(e *session.TabError) string {
	const paste = "open the cell in TestGrid and paste its Prow link"
	if deck := hintFor(deckHint)(invocation{}, e); deck != "" {
		return deck + "; or " + paste
	}
	return paste
}

// olderHint is how to look at runs that are older than those that were looked at.
func olderHint(oldest time.Time) string {
	if oldest.IsZero() {
		return "paste the link of a run"
	}
	return "look further back with --before " + oldest.Format(time.RFC3339)
}

func tooManyHint(e *find.TooManyError) string {
	if e.Noun == "job" {
		return "paste the link of one of them"
	}
	return "give a build id, or a time with --after"
}

// choiceHint is the command to go on with where a job's name is nearly another's: the one
// that ran.
func choiceHint(ran invocation, e *session.ChoiceError) string {
	if e.Err.Reason != find.ReasonNoRuns || e.Job == "" || e.Err.Timed {
		return ""
	}
	if len(e.Near) == 0 {
		return fmt.Sprintf("check the name, or name the bucket: %s --bucket BUCKET %s; -v shows where it looked", ran.path(), text.Line(e.Job))
	}
	lines := []string{"did you mean " + either(e.Near) + "? Go on with:"}
	for _, name := range e.Near {
		lines = append(lines, "  "+ran.instead(e.Job, name))
	}
	return strings.Join(lines, "\n")
}
