package mcp

import (
	"context"
	"errors"
	"strings"

	"prowtrace/fetch"
	"prowtrace/objstore"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
	"prowtrace/session"
	"prowtrace/trace/query"
)

// callError is why a tool has no answer: what failed, why, and what to do.
type callError struct{ what, why, next string }

func (e *callError) Error() string {
	said := e.what
	if e.why != "" {
		said += ": " + e.why
	}
	if e.next != "" {
		said = strings.TrimSuffix(said, ".") + ". " + e.next
	}
	return said
}

// toolError is the text of a tool's error, fit to be sent.
type toolError struct {
	text Text
	err  error
}

func (e *toolError) Error() string { return string(e.text) }
func (e *toolError) Unwrap() error { return e.err }

// worded makes an error one that a model can act on.
func worded(err error) error {
	told := err.Error()
	if next := nextOf(err); next != "" {
		told = strings.TrimSuffix(strings.TrimSpace(told), ".") + ". " + next
	}
	return &toolError{said(told, 2000), err}
}

// nextOf is what to do about an error of the packages below; "" where it says that itself, or
// nobody knows.
func nextOf(err error) string {
	var (
		parse   *link.ParseError
		choice  *session.ChoiceError
		resolve *find.ResolveError
		missing *session.NoArtifactError
		passing *session.NoPassingError
		syntax  *query.SyntaxError
		access  *objstore.AccessError
		network *objstore.UnreachableError
	)
	switch {
	case errors.As(err, &passing):
		return "Name a run to compare with as baseline."
	case errors.As(err, &parse):
		return "Give the link of a run, JOB/BUILD, gs://BUCKET/PATH, or the name of a job. resolve_link says what a link means."
	case errors.As(err, &choice) && len(choice.Near) > 0:
		return "Jobs with nearly this name: " + strings.Join(choice.Near, ", ") + "."
	case errors.As(err, &resolve) && resolve.Reason == find.ReasonSeveral:
		var urls []string
		for _, run := range resolve.Choices[:min(len(resolve.Choices), 10)] {
			urls = append(urls, run.URL())
		}
		return "Name one of them as run: " + strings.Join(urls, " ") + "."
	case errors.As(err, &resolve) && resolve.Reason == find.ReasonUnasked:
		return "Give the link of the run itself, which names its bucket; or name that Prow in the config file of this server."
	case errors.As(err, &resolve):
		return "list_runs shows the runs that a job has; buckets delete old ones."
	case errors.As(err, &missing):
		return "search_evidence with path_glob and without text_regex lists the files that there are."
	case errors.As(err, &syntax):
		return syntax.Hint + "."
	case errors.As(err, &access):
		return "Whoever runs this server must be allowed to read the bucket; another call does not help."
	case errors.As(err, &network):
		return "The bucket does not answer; ask again later."
	case errors.Is(err, session.ErrManyLoads):
		return "Ask again when the runs that are loading have come."
	case errors.Is(err, fetch.ErrNotFound):
		return "Check the job and the build; buckets delete old runs. list_runs shows those that there are."
	case errors.Is(err, context.Canceled):
		return "The call was cancelled."
	}
	return ""
}
