package team

import (
	"context"
	"errors"
	"net/http"

	"prowtrace/fetch"
	"prowtrace/internal/panics"
	"prowtrace/internal/text"
	"prowtrace/objstore"
	"prowtrace/prow/find"
	"prowtrace/prow/link"
	"prowtrace/session"
)

// userError is an error as a visitor is told it.
type userError struct {
	status int
	What   string `json:"what"`
	Next   string `json:"next"`

	Near []string `json:"near,omitempty"` // names of jobs that can be meant
}

func (e *userError) Error() string { return e.What }

// busyError: a visitor has as much under way as he may have. It is a session.ErrManyLoads.
type busyError struct{ *userError }

func (e busyError) Unwrap() error        { return e.userError }
func (e busyError) Is(target error) bool { return target == session.ErrManyLoads }

// tellUser is an error of this server's own.
func tellUser(status int, what, next string) *userError {
	return &userError{status: status, What: what, Next: next}
}

// told makes an error what a visitor is told.
func told(err error) *userError {
	var own *userError
	if errors.As(err, &own) {
		return own
	}
	e := &userError{status: http.StatusBadGateway, What: oneLine(err), Next: "Try again in a minute."}
	var parse *link.ParseError
	var listed *NotListedError
	var access *objstore.AccessError
	var chosen *find.ResolveError
	var choice *session.ChoiceError
	var large *session.RunTooLargeError
	var met *panics.Error
	var store *session.UnsupportedStoreError
	switch {
	case errors.As(err, &parse):
		e.status, e.What, e.Next = http.StatusBadRequest, sentence(parse), text.Clip(parse.Hint, 300)
	case errors.As(err, &listed):
		e.status, e.Next = http.StatusForbidden, "This server reads only the buckets that its owner has listed."
	case errors.As(err, &access):
		e.status, e.Next = http.StatusForbidden, "The server reads this bucket anonymously, and the bucket refuses that."
	case errors.Is(err, session.ErrNotInBucket), errors.As(err, &store):
		e.status, e.Next = http.StatusBadRequest, "Paste a link of a run, or a job's name."
	case errors.Is(err, session.ErrManyLoads), errors.Is(err, session.ErrNoRoom):
		e.status, e.Next = http.StatusServiceUnavailable, "Runs that are loaded already still open."
	case errors.Is(err, session.ErrOpenRunsClosed):
		e.status = http.StatusServiceUnavailable
	case errors.As(err, &large):
		e.status, e.Next = http.StatusRequestEntityTooLarge, "Open it with prowtrace on a machine of your own."
	case errors.As(err, &met):
		e.status, e.Next = http.StatusInternalServerError, "The server's log has the time of this request."
	case errors.As(err, &choice) && len(choice.Near) > 0:
		e.status, e.Next = http.StatusNotFound, "Check the name of the job."
		for _, name := range choice.Near {
			e.Near = append(e.Near, text.Clip(name, 300))
		}
	case errors.Is(err, fetch.ErrNotFound), objstore.IsAbsent(err), errors.Is(err, find.ErrNoRun):
		e.status, e.Next = http.StatusNotFound, "It may have expired. Check the link."
	case errors.As(err, &chosen), errors.As(err, &choice):
		e.status, e.Next = http.StatusNotFound, "Paste the link of one run."
	case errors.Is(err, context.DeadlineExceeded):
		e.status = http.StatusGatewayTimeout
	}
	return e
}

// sentence says what is wrong with a link.
func sentence(e *link.ParseError) string {
	said := "cannot use the link"
	if e.Understood != "" {
		said += ": " + e.Understood
	}
	if e.Missing != "" {
		said += ": " + e.Missing
	}
	return text.Clip(said, 500)
}

// oneLine is an error as one line of bounded length.
func oneLine(err error) string { return text.Clip(err.Error(), 500) }
