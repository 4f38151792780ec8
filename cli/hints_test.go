package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing"

	"prowtrace/fetch"
	"prowtrace/launch"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
	"prowtrace/session"
)

// Every row of the table knows its error, however it is wrapped, and no other.
func TestHints(t *testing.T) {
	refused := &objstore.AccessError{Bucket: "b", Op: "list", Status: 403}
	unreachable := func(c objstore.Cause) error {
		return &objstore.UnreachableError{Host: "h", Cause: c, Err: errors.New("x")}
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{refused, "ask its owner for the role roles/storage.objectViewer, or use another account; log in with: gcloud auth application-default login"},
		{&objstore.AccessError{Reason: objstore.AnonymousRefused}, "let prowtrace use your Google credentials too: --auth auto"},
		{&objstore.AccessError{Reason: objstore.NoCredentials}, "log in with: gcloud auth application-default login"},
		{&objstore.AccessError{Reason: objstore.PayerNeeded}, "name a project that pays: --billing-project PROJECT"},
		{unreachable(objstore.NetworkFailed), "check the network, a firewall, and HTTPS_PROXY if there is a proxy; then try again"},
		{unreachable(objstore.NameUnknown), "check the network, and HTTPS_PROXY if there is a proxy"},
		{unreachable(objstore.Certificate), "if a proxy inspects TLS here, point SSL_CERT_FILE to its certificate"},
		{unreachable(objstore.TooSlow), "check the network, and try again: complete files are kept"},
		{unreachable(objstore.ForeignAnswer), "a proxy or the network's login page answers instead: open any page in a browser, or set HTTPS_PROXY"},
		{&objstore.AccessError{Provider: "gcsweb", Bucket: "b", Status: 403}, "read the bucket itself, with credentials: --auth adc"},
		{&objstore.AccessError{Provider: "s3", Bucket: "b", Status: 403, Reason: objstore.NoCredentials}, "set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"},
		{&objstore.UnreachableError{Host: "h", Cause: objstore.NotRunning, Setting: "STORAGE_EMULATOR_HOST", Err: errors.New("x")}, "STORAGE_EMULATOR_HOST names this server: start it, or unset the variable"},
		{fmt.Errorf("x: %w", fetch.ErrOffline), "fetch it once without --offline"},
		{&fetch.CachedError{Err: errors.New("x")}, "--offline shows the copy in the cache"},
		{&fetch.CachedError{Err: refused}, "ask its owner for the role roles/storage.objectViewer, or use another account; log in with: gcloud auth application-default login\n  --offline shows the copy in the cache"},
		{&fetch.NoSpaceError{}, "make room (prowtrace cache prune), or set PROWTRACE_CACHE to a directory on another disk"},
		{&fetch.CacheError{Op: "create", Err: errors.New("x")}, "set PROWTRACE_CACHE to a directory that can be written, or leave the cache out: --no-cache"},
		{&fetch.OtherRunError{}, "name another directory: -o DIR"},
		{fmt.Errorf("x: %w", fetch.ErrTooManyFiles), "name a directory or a file of the run in the link"},
		{&launch.NamedError{Jaeger: "./jaeger", Err: &fs.PathError{Op: "exec", Path: "./jaeger", Err: fs.ErrPermission}}, "make it executable: chmod +x ./jaeger"},
		{&launch.NamedError{Jaeger: "yaeger", Err: fs.ErrNotExist}, "--jaeger takes the path or the name of jaeger, jaeger-query, jaeger-all-in-one, docker, podman or nerdctl"},
		{&launch.ProcessError{NotPulled: true}, "without network, download the program elsewhere and name it with --jaeger PATH"},
		{&launch.ProcessError{}, ""},
		{&session.NotUploadedError{State: runfile.Running}, "use --watch to wait for its end"},
		{&session.NotUploadedError{State: runfile.Aborted, Run: prow.Run{Bucket: "b", Root: "logs/e2e/7"}}, "its page in Prow may say more: https://prow.k8s.io/view/gs/b/logs/e2e/7"},
		{&session.NotUploadedError{State: runfile.Running, Err: &fetch.NoTracesError{}}, "use --watch to wait for its end"},
		{&fetch.NoTracesError{}, "try again when the run has ended"},
		{&fetch.NoTracesError{Limited: true, Ended: true}, "paste the run's link for everything"},
		{&fetch.NoTracesError{Ended: true}, "prowtrace :/// shows Prow's files of it"},
		{&fetch.NotFoundError{}, "check the job and the build number; buckets delete old runs, so it may have expired"},
		{&session.UnsupportedStoreError{}, "download artifacts/otlp/ of the run with your own tools and name the directory; prowtrace reads Google Cloud Storage and S3"},
		{&session.WaitError{Run: prow.Run{Provider: "gs", Bucket: "b", Root: "logs/e2e/7"}, Err: context.Canceled}, "prowtrace --watch gs://b/logs/e2e/7 waits again"},
		{&session.WaitError{Err: refused}, "ask its owner for the role roles/storage.objectViewer, or use another account; log in with: gcloud auth application-default login"},
		{&session.MissingPathError{}, "check the name, or paste the link of a Prow job"},
		{&session.NotCachedError{}, "prowtrace cache list shows the runs in the cache; leave out --offline to ask its bucket"},
		{&session.NoSpansError{}, "name .otel files of kOps, OTLP, or the JSON of Jaeger or Zipkin: docs/formats.md lists them"},
		{advised{&launch.ProcessError{NotPulled: true}, "of the command itself"}, "of the command itself"},
		{usageError{err: errors.New("x"), hint: "of the usage"}, "of the usage"},
		{errors.New("x"), ""},
	} {
		for _, err := range []error{tt.err, errors.Join(fmt.Errorf("do it: %w", tt.err), errors.New("more"))} {
			if got := hintOf(invocation{}, err); got != tt.want {
				t.Errorf("%T %v: hint %q, want %q", err, err, got, tt.want)
			}
		}
	}
}
