package cli

import (
	"errors"
	"io/fs"

	"prowtrace/launch"
)

// hints is the table of what to do about an error: the only place, beside the
// help, that names flags and commands. Packages below return errors with facts.
// The first row that knows the error gives the hint.
var hints = []hint{
	hintFor(func(e *launch.NamedError) string {
		if errors.Is(e, fs.ErrPermission) {
			return "make it executable: chmod +x " + e.Jaeger
		}
		return "--jaeger takes the path or the name of jaeger, jaeger-query, jaeger-all-in-one, docker, podman or nerdctl"
	}),
	hintFor(func(e *launch.NotFoundError) string {
		return `To get Jaeger, do one of these:
  - download it from https://www.jaegertracing.io/download/, unpack it, and put the program
    "jaeger" on your PATH or name it with --jaeger PATH
  - start Docker or Podman; the image ` + e.Image + ` is then pulled and run for you`
	}),
	hintFor(func(e *launch.ProcessError) string {
		if !e.NotPulled {
			return ""
		}
		return "without network, download the program elsewhere and name it with --jaeger PATH"
	}),
}

// A hint is a row of hints: it gives what to do about an error, "" for errors that
// it does not know.
type hint func(error) string

// hintFor is the row of the errors of a type, for hints that use their facts. It
// may give "" where there is nothing to do.
func hintFor[E error](of func(E) string) hint {
	return func(err error) string {
		var e E
		if !errors.As(err, &e) {
			return ""
		}
		return of(e)
	}
}

// hintIs is the row of the errors that errors.Is finds target in.
func hintIs(target error, text string) hint {
	return func(err error) string {
		if !errors.Is(err, target) {
			return ""
		}
		return text
	}
}

// hintOf is what to do about an error; "" where nobody knows. What a command
// says itself goes before the table.
func hintOf(err error) string {
	var usage usageError
	if errors.As(err, &usage) && usage.hint != "" {
		return usage.hint
	}
	var hinted advised
	if errors.As(err, &hinted) {
		return hinted.hint
	}
	for _, row := range hints {
		if text := row(err); text != "" {
			return text
		}
	}
	return ""
}

// withHint is the text of an error that is only noted, with its hint below.
func withHint(err error) string {
	text := err.Error()
	if hint := hintOf(err); hint != "" {
		text += "\n" + hint
	}
	return text
}
