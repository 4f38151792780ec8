package find

import (
	"context"
	"fmt"

	"prowtrace/objstore"
	"prowtrace/prow/runfile"
)

// readSmall reads an object and inflates it if it is compressed, whatever its
// headers say: Prow can be told to store JSON so. ok is false where there is none.
func readSmall(ctx context.Context, store objstore.Store, bucket, object string, limit int64) (data []byte, ok bool, err error) {
	data, _, err = store.ReadAll(ctx, bucket, object, limit)
	if objstore.IsAbsent(err) {
		return nil, false, nil
	}
	if err == nil {
		data, err = runfile.Inflate(data, limit)
	}
	if err != nil {
		return nil, false, fmt.Errorf("cannot read gs://%s/%s: %w", bucket, object, err)
	}
	return data, true, nil
}

// exists reports whether there is anything in a directory.
func exists(ctx context.Context, store objstore.Store, bucket, dir string) (bool, error) {
	for _, err := range store.ListDir(ctx, bucket, dir+"/", objstore.Bounds{}) {
		return err == nil, absentIsNil(err)
	}
	return false, nil
}

func absentIsNil(err error) error {
	if objstore.IsAbsent(err) {
		return nil
	}
	return err
}
