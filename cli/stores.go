package cli

import (
	"context"

	"prowtrace/gcs"
	"prowtrace/objstore"
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
	auth    string
	billing string
	logf    func(format string, args ...any) // nil: no details are wanted
}

// stores is the table of the object stores that can be read, by the provider of a
// run. Opening one sends no request; an error means wrong options.
var stores = map[string]func(context.Context, storeOptions) (store, error){
	"gs": func(ctx context.Context, o storeOptions) (store, error) {
		return opened(gcs.New(ctx, gcs.Options{Auth: gcs.Auth(o.auth), BillingProject: o.billing, UserAgent: "prowtrace", Logf: o.logf}))
	},
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
	o := storeOptions{auth: r.auth, billing: r.billing}
	if r.verbose {
		o.logf = r.note
	}
	r.stores = map[string]store{}
	for provider, open := range stores {
		s, err := open(ctx, o)
		if err != nil {
			return usageError{err: err}
		}
		r.stores[provider] = s
	}
	return nil
}

// retries is how many requests had to be made again so far.
func (r *request) retries() (n int64) {
	for _, s := range r.stores {
		n += s.Retries()
	}
	return n
}
