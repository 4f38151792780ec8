package cli

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"

	"prowtrace/export/push"
	"prowtrace/fetch"
	"prowtrace/internal/panics"
	"prowtrace/launch"
	"prowtrace/objstore"
	"prowtrace/prow/find"
	"prowtrace/prow/runfile"
	"prowtrace/serve"
	"prowtrace/session"
	"prowtrace/trace"
)

// hints is the table of what to do about an error: the only place, beside the
// help, that names flags and commands. Packages below return errors with facts.
// The first row that knows the error gives the hint, which can name the command that ran.
var hints = []hint{
	hintFor(func(e *session.NotUploadedError) string {
		if e.State == runfile.Running && !e.Overdue {
			return "use --watch to wait for its end"
		}
		if page := runPage(e.Instances, e.Run); page != "" {
			return "its page in Prow may say more: " + page
		}
		return "its page in Prow may say more"
	}),
	hintFor(func(*panics.Error) string {
		return "it is a fault of prowtrace: please report it, with the output of prowtrace version and the lines below"
	}),
	hintFor(noTracesHint), // below the error that wraps this one
	hintFor(func(e *fetch.NotFoundError) string {
		return notFoundHint(e)
	}),
	hintAfter(func(ran invocation, e *session.WaitError) string {
		if !errors.Is(e, context.Canceled) {
			return ""
		}
		return ran.path() + " --watch " + e.Run.URL() + " waits again"
	}),
	hintFor(func(e *session.CacheError) string {
		if e.Offline {
			return "set PROWTRACE_CACHE to the directory of your cache"
		}
		return "set PROWTRACE_CACHE to a directory that can be written, or copy the files: -o DIR"
	}),
	hintFor(func(*session.UnsupportedStoreError) string {
		return "download artifacts/otlp/ of the run with your own tools and name the directory; prowtrace reads " + supportedStores()
	}),
	hintIs(session.ErrOfflineChoice, "name the run, or leave the choice out; prowtrace cache list shows the runs in the cache"),
	hintFor(func(*session.NotCachedError) string {
		return "prowtrace cache list shows the runs in the cache; leave out --offline to ask its bucket"
	}),
	hintFor(func(*session.MissingPathError) string {
		return "check the name, or paste the link of a Prow job"
	}),
	hintFor(func(*session.NoArtifactError) string {
		return "prowtrace log --list shows the files that there are"
	}),
	hintFor(func(e *noLogError) string {
		if u, running := e.in.Unfinished(); running && u.Overdue {
			return "the run should have ended long ago: its pod was probably deleted, and its logs with it"
		} else if running {
			return "Prow uploads logs at the end of a run: use --watch to wait for it"
		}
		return "prowtrace log --list shows the files that there are"
	}),
	hintFor(func(*find.PatternError) string {
		return "quote it, and begin with the letters that the names share: --with 'pull-kops-*'"
	}),
	hintFor(func(*session.TooManyFilesError) string {
		return "name the directory that holds the traces"
	}),
	hintIs(push.ErrNoEndpoint, "name a receiver: --endpoint http://HOST:4318, or OTEL_EXPORTER_OTLP_ENDPOINT"),
	hintFor(func(e *serve.TakenError) string {
		if e.Storage {
			return "stop that program, or use --storage-listen with another port or none; port 0 is any free port"
		}
		return "stop that program, or use --listen with another port; port 0 is any free port"
	}),
	hintFor(settingHint),
	hintFor(refusedHint),
	hintFor(gaveUpHint),
	hintFor(func(*noTraceError) string {
		return "leave --trace out for the whole run; the pages and --all --format csv show the ids of traces"
	}),
	hintFor(func(*session.HandoverBusyError) string { return "wait until it has ended" }),
	hintFor(func(*session.NoPassingError) string {
		return "name a run to compare with: prowtrace diff GOOD BAD"
	}),
	hintFor(func(*session.InputTooLargeError) string {
		return "write it to a file and name the file"
	}),
	hintFor(func(e *session.SeenError) string {
		if e.Damaged {
			return "restore the file from a copy, or remove it to start anew"
		}
		return "name a file in a directory that can be read and written: --new-since FILE"
	}),
	hintFor(func(*fetch.PartialError) string {
		return "run the command again to fetch the missing files, or use those that are there: --keep-going"
	}),
	hintFor(noSpansHint),
	hintFor(func(e *fetch.CachedError) string {
		return strings.TrimPrefix(storeHint(invocation{}, e.Err)+"\n  --offline shows the copy in the cache", "\n  ")
	}),
	hintFor(func(*fetch.NoSpaceError) string {
		return "make room (prowtrace cache prune), or set PROWTRACE_CACHE to a directory on another disk"
	}),
	hintFor(func(*fetch.CacheError) string {
		return "set PROWTRACE_CACHE to a directory that can be written, or leave the cache out: --no-cache"
	}),
	hintFor(func(*fetch.OtherRunError) string { return "name another directory: -o DIR" }),
	hintIs(fetch.ErrTooManyFiles, "name a directory or a file of the run in the link"),
	storeHint,
	hintIs(fetch.ErrOffline, "fetch it once without --offline"),
	hintFor(parseHint),
	hintAfter(choiceHint),
	hintFor(resolveHint),
	hintFor(tabHint), // above the error that it wraps
	hintFor(deckHint),
	hintFor(tooManyHint),
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

// notFoundHint tells a bucket that does not exist from a run that does not.
func notFoundHint(e *fetch.NotFoundError) string {
	if e.NoBucket() {
		return "check the bucket's name"
	}
	return "check the job and the build number; buckets delete old runs, so it may have expired"
}

// noTracesHint leads to what is known of a run without traces.
func noTracesHint(e *fetch.NoTracesError) string {
	switch {
	case e.Limited:
		return "paste the run's link for everything"
	case !e.Ended:
		return "try again when the run has ended"
	}
	return "prowtrace " + e.Run.URL() + " shows Prow's files of it"
}

func noSpansHint(e *session.NoSpansError) string {
	kops := func(f trace.Source) bool { return strings.Contains(f.Name, ".otel") }
	if !slices.ContainsFunc(e.Inputs, func(in *session.Input) bool { return slices.ContainsFunc(in.Sources, kops) }) {
		return "name .otel files of kOps, OTLP, or the JSON of Jaeger or Zipkin: docs/formats.md lists them"
	}
	if first := e.Inputs[0]; first.Fetched != nil {
		hint := "the run has no other trace files: its processes were killed early or recorded no spans"
		if log := objectPage(first.Ref.Run, "build-log.txt"); log != "" {
			hint += "; the build log may say why: " + log
		}
		return hint
	}
	return "copy the file again, or paste the link of its run; if the copy is complete, its process was killed early or recorded no spans"
}

// storeHint is what to do where a store did not answer.
func storeHint(ran invocation, err error) string {
	if hint := hintFor(accessHint)(ran, err); hint != "" {
		return hint
	}
	return hintFor(unreachableHint)(ran, err)
}

const (
	login   = "log in with: gcloud auth application-default login"
	loginS3 = "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)

func accessHint(e *objstore.AccessError) string {
	switch {
	case e.Provider == "gcsweb":
		return "read the bucket itself, with credentials: --auth adc"
	case e.Provider == "s3" && e.Reason == objstore.AnonymousRefused:
		return "let prowtrace use your credentials of Amazon's tools too: --auth auto"
	case e.Provider == "s3" && e.Reason == objstore.NoCredentials:
		return loginS3
	case e.Provider == "s3":
		return "ask its owner for s3:ListBucket and s3:GetObject, or use other credentials: " + loginS3
	}
	switch e.Reason {
	case objstore.PayerNeeded:
		return "name a project that pays: --billing-project PROJECT"
	case objstore.BillingDisabled:
		return "the bucket's owner must enable billing; logging in does not help. A copy in the cache is shown with --offline"
	case objstore.PerimeterDenied:
		return "read it from inside the perimeter (its VPN, or a machine of its project), or ask its owner for access; logging in does not help"
	case objstore.AnonymousRefused:
		return "let prowtrace use your Google credentials too: --auth auto"
	case objstore.NoCredentials:
		return login
	}
	return "ask its owner for the role roles/storage.objectViewer, or use another account; " + login
}

func unreachableHint(e *objstore.UnreachableError) string {
	switch e.Cause {
	case objstore.NameUnknown:
		return "check the network, and HTTPS_PROXY if there is a proxy"
	case objstore.Certificate:
		return "if a proxy inspects TLS here, point SSL_CERT_FILE to its certificate"
	case objstore.TooSlow:
		return "check the network, and try again: complete files are kept"
	case objstore.ForeignAnswer:
		return "a proxy or the network's login page answers instead: open any page in a browser, or set HTTPS_PROXY"
	case objstore.NotRunning:
		return e.Setting + " names this server: start it, or unset the variable"
	}
	return "check the network, a firewall, and HTTPS_PROXY if there is a proxy; then try again"
}

// maxQuoted bounds the input that a message quotes, in bytes.
const maxQuoted = 60

// A hint is a row of hints: it gives what to do about an error of a command, "" for errors
// that it does not know.
type hint func(invocation, error) string

// hintFor is the row of the errors of a type, for hints that use their facts. It
// may give "" where there is nothing to do.
func hintFor[E error](of func(E) string) hint {
	return hintAfter(func(_ invocation, e E) string { return of(e) })
}

// hintAfter is hintFor where the hint names the command that ran.
func hintAfter[E error](of func(invocation, E) string) hint {
	return func(ran invocation, err error) string {
		var e E
		if !errors.As(err, &e) {
			return ""
		}
		return of(ran, e)
	}
}

// hintIs is the row of the errors that errors.Is finds target in.
func hintIs(target error, text string) hint {
	return func(_ invocation, err error) string {
		if !errors.Is(err, target) {
			return ""
		}
		return text
	}
}

// hintOf is what to do about an error of a command; "" where nothing can be done. The hint
// of the command itself comes before the table.
func hintOf(ran invocation, err error) string {
	var usage usageError
	if errors.As(err, &usage) && usage.hint != "" {
		return usage.hint
	}
	var hinted advised
	if errors.As(err, &hinted) {
		return hinted.hint
	}
	for _, row := range hints {
		if text := row(ran, err); text != "" {
			return text
		}
	}
	return ""
}

// withHint is the text of an error that is only noted, with its hint below.
func withHint(err error) string {
	text := err.Error()
	if hint := hintOf(invocation{}, err); hint != "" {
		text += "\n" + hint
	}
	return text
}

// oneLine is the beginning of an error that goes on in further lines.
func oneLine(err error) string {
	first, _, _ := strings.Cut(err.Error(), "\n")
	return strings.TrimSuffix(first, ":")
}
