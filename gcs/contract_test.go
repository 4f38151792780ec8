package gcs

import (
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore/storetest"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Server {
		s := gcstest.New(t)
		s.CreateBucket("bucket")
		s.CreateBucket("empty")
		return storetest.Server{
			Store: client(t, s),
			Put: func(u storetest.Upload) {
				s.Put(gcstest.Object{
					Bucket: u.Bucket, Name: u.Name, Data: u.Data, ContentType: u.ContentType, ContentEncoding: u.ContentEncoding, Metadata: u.Metadata,
				})
			},
			Delete: s.Delete,
			Refuse: func(bucket string) { s.Private(bucket) },
		}
	})
}
