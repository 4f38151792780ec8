package session

import (
	"errors"
	"os"
	"strings"

	"prowtrace/prow"
	"prowtrace/prow/link"
)

// ArgumentError: an argument has no meaning. Err is a *link.ParseError.
type ArgumentError struct {
	Argument string
	Err      error
}

// Error says what is missing, then what was understood. The class is for scripts.
func (e *ArgumentError) Error() string {
	var p *link.ParseError
	if !errors.As(e.Err, &p) {
		return e.Err.Error()
	}
	reason := p.Missing
	if p.Understood != "" {
		reason += " (in: " + p.Understood + ")"
	}
	if strings.HasSuffix(e.Argument, "/") && !strings.Contains(e.Argument, "://") {
		reason = "neither a directory nor a complete link: " + reason
	}
	return "cannot use " + link.QuoteLink(e.Argument) + ": " + reason
}

// Unwrap gives the cause.
func (e *ArgumentError) Unwrap() error { return e.Err }

// Parse says what each argument means, without the network. Errors are
// *ArgumentError.
func (s *Session) Parse(args []string) ([]prow.Ref, error) {
	refs := make([]prow.Ref, len(args))
	for i, arg := range args {
		ref, err := Parse(s.o.Instances, arg)
		if err != nil {
			return nil, &ArgumentError{arg, err}
		}
		refs[i] = ref
	}
	return refs, nil
}

// Parse says what one argument means: a file or a directory where there is one of that
// name, else what package prow reads in it. Errors are *link.ParseError.
func Parse(known prow.Instances, arg string) (prow.Ref, error) {
	if arg != "-" {
		if _, err := os.Lstat(arg); err == nil {
			return prow.Local(arg), nil
		}
	}
	return link.Parse(known, arg)
}
