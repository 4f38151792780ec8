package find

import (
	"context"
	"fmt"

	"prowtrace/objstore"
	"prowtrace/prow"
	"prowtrace/prow/runfile"
)

// readSmall reads a file of a run and inflates it if it is compressed, whatever its
// headers say: Prow can be configured to store JSON so. ok is false if there is no file.
func readSmall(ctx context.Context, store objstore.Store, run prow.Run, name string, limit int64) (data []byte, ok bool, err error) {
	data, _, err = store.ReadAll(ctx, run.Bucket, run.Root+"/"+name, limit)
	if objstore.IsAbsent(err) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err // it names the file
	}
	if data, err = runfile.Inflate(data, limit); err != nil {
		return nil, false, fmt.Errorf("cannot read %s/%s: %w", run.URL(), name, err)
	}
	return data, true, nil
}

// exists reports whether any object of a run exists.
func exists(ctx context.Context, store objstore.Store, run prow.Run) (bool, error) {
	for _, err := range store.ListDir(ctx, run.Bucket, run.Root+"/", objstore.Bounds{}) {
		return err == nil, err
	}
	return false, nil
}
