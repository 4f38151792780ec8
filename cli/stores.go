package cli

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"prowtrace/gcs"
	"prowtrace/gcsweb"
	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/s3"
	"prowtrace/session"
)

// store is an object store as a command has opened it.
type store interface {
	objstore.Store
	// Retries is how many requests had to be made again so far.
	Retries() int64
	Close() error
}

// storeOptions are what the flags say about all stores.
type storeOptions struct {
	auth    string         // one of gcs.Auth
	known   prow.Instances // say where buckets are
	billing string
	logf    func(format string, args ...any) // nil: no details are wanted
	silent  func(host string, since time.Duration)
}

// stores is the table of the object stores that can be read, by the provider of a
// run.
var stores = map[string]storeKind{
	"gs": {"Google Cloud Storage", func(ctx context.Context, o storeOptions) (store, error) {
		return opened(gcs.New(ctx, gcs.Options{Auth: gcs.Auth(o.auth), BillingProject: o.billing, UserAgent: "prowtrace", Logf: o.logf, Silent: o.silent}))
	}},
	"s3": {"S3", func(_ context.Context, o storeOptions) (store, error) {
		auth := s3.Auth(o.auth)
		if o.auth == string(gcs.AuthADC) {
			auth = s3.AuthCredentials
		}
		return opened(s3.New(s3.Options{Auth: auth, Place: o.place, UserAgent: "prowtrace", Logf: o.logf, Silent: o.silent}))
	}},
}

// openPages opens the store for buckets that are read through a gcsweb, as their instance
// says. Who wants credentials at once has other ways to these buckets.
func (r *request) openPages(o storeOptions) {
	if r.auth == string(gcs.AuthADC) {
		return
	}
	r.stores[session.ThroughGcsweb] = o.pages(func(bucket, host string) {
		r.note("bucket %s is read through the pages of %s: its content cannot be verified", bucket, host)
	})
}

// pages makes the store for buckets that are read through a gcsweb. first is called once for
// each, from any goroutine.
func (o storeOptions) pages(first func(bucket, host string)) store {
	var told sync.Map
	return gcsweb.New(gcsweb.Options{UserAgent: "prowtrace", Logf: o.logf, Silent: o.silent, Pages: func(bucket string) *url.URL {
		in, _ := o.known.OfBucket(bucket)
		if !in.ThroughGcsweb {
			return nil
		}
		if _, again := told.LoadOrStore(bucket, true); !again {
			first(bucket, in.Gcsweb[0])
		}
		path := map[string]string{"gs": "gcs", "s3": "s3"}[in.Provider]
		u := &url.URL{Scheme: "https", Host: in.Gcsweb[0], Path: "/" + path + "/" + bucket}
		if name := prow.HostName(u.Host); name == "localhost" || name == "127.0.0.1" {
			u.Scheme = "http"
		}
		return u
	}})
}

// place is where the S3 server of a bucket is, as its instance says.
func (o storeOptions) place(bucket string) s3.Place {
	in, _ := o.known.OfBucket(bucket)
	return s3.Place{Endpoint: in.Endpoint, Region: in.Region, Addressing: s3.Addressing(in.Addressing)}
}

// A storeKind is a row of stores.
type storeKind struct {
	name string // for a person
	// open sends no request; an error means wrong options.
	open func(context.Context, storeOptions) (store, error)
}

// supportedStores names the stores that can be read.
func supportedStores() string {
	var names []string
	for _, provider := range slices.Sorted(maps.Keys(stores)) {
		names = append(names, stores[provider].name)
	}
	return strings.Join(names, " and ")
}

// opened makes no store of a nil pointer.
func opened[S store](s S, err error) (store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

// openStores opens all stores as the flags ask for.
func (r *request) openStores(ctx context.Context) error {
	o := storeOptions{auth: r.auth, known: r.known, billing: r.billing, silent: r.noteSilence}
	if r.verbose {
		o.logf = r.note
	}
	r.stores = map[string]store{}
	for provider, kind := range stores {
		s, err := kind.open(ctx, o)
		if err != nil {
			return usageError{err: err}
		}
		r.stores[provider] = s
	}
	r.openPages(o)
	return nil
}

// noteSilence tells why nothing seems to happen.
func (r *request) noteSilence(host string, since time.Duration) {
	r.note("%s has sent nothing for %s: still waiting", host, since)
}

// retries is how many requests had to be made again so far.
func (r *request) retries() (n int64) {
	for _, s := range r.stores {
		n += s.Retries()
	}
	return n
}
