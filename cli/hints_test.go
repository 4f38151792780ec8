package cli

import (
	"errors"
	"fmt"
	"testing"

	"prowtrace/fetch"
	"prowtrace/objstore"
)

func TestHintsOfStoresAndFetch(t *testing.T) {
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
		{unreachable(objstore.TooSlow), "check the network, and try again: what is complete is kept"},
		{unreachable(objstore.ForeignAnswer), "a proxy or the network's login page answers instead: open any page in a browser, or set HTTPS_PROXY"},
		{unreachable(objstore.NotRunning), "STORAGE_EMULATOR_HOST names this server: start it, or unset the variable"},
		{fmt.Errorf("x: %w", fetch.ErrOffline), "fetch it once without --offline"},
		{&fetch.CachedError{Err: errors.New("x")}, "--offline shows the copy in the cache"},
		{&fetch.CachedError{Err: refused}, "ask its owner for the role roles/storage.objectViewer, or use another account; log in with: gcloud auth application-default login\n  --offline shows the copy in the cache"},
		{&fetch.NoSpaceError{}, "make room (prowtrace cache prune), or set PROWTRACE_CACHE to a directory on another disk"},
		{&fetch.CacheError{Op: "create", Err: errors.New("x")}, "set PROWTRACE_CACHE to a directory that can be written, or leave the cache out: --no-cache"},
		{&fetch.OtherRunError{}, "name another directory: -o DIR"},
		{fmt.Errorf("x: %w", fetch.ErrTooManyFiles), "name a directory or a file of the run in the link"},
		{errors.New("x"), ""},
	} {
		if got := hintOf(tt.err); got != tt.want {
			t.Errorf("%T %v: hint %q, want %q", tt.err, tt.err, got, tt.want)
		}
	}
}
