package s3

import (
	"testing"

	"prowtrace/internal/s3test"
	"prowtrace/objstore/storetest"
)

func TestContract(t *testing.T) {
	for _, addressing := range []Addressing{AddressingPath, AddressingVirtual} {
		t.Run(string(addressing), func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) storetest.Server {
				s := s3test.New(t)
				s.CreateBucket("bucket")
				s.CreateBucket("empty")
				return storetest.Server{
					Store: client(t, s, func(o *Options) { at(o, s, addressing) }),
					Put: func(u storetest.Upload) {
						s.Put(s3test.Object{
							Bucket: u.Bucket, Name: u.Name, Data: u.Data, ContentType: u.ContentType, ContentEncoding: u.ContentEncoding, Metadata: u.Metadata,
						})
					},
					Delete: s.Delete,
					Refuse: func(bucket string) { s.Private(bucket, true) },
				}
			})
		})
	}
}
