package gcs

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"prowtrace/internal/gcstest"
	"prowtrace/objstore"
)

func TestListDir(t *testing.T) {
	s := gcstest.New(t)
	for _, name := range []string{"a/1/x", "a/1/y", "a/2/x", "a/3.txt", "a/3/", "a/4/deep/er", "a/", "a/latest", "b/1/x"} {
		s.Put(gcstest.Object{Bucket: "bucket", Name: name, Data: []byte(name[len(name)-1:]), Metadata: map[string]string{"Link": name}})
	}
	s.Put(gcstest.Object{Bucket: "bucket", Name: "a/"}) // a placeholder for the directory
	c := client(t, s)
	tests := []struct {
		name   string
		prefix string
		o      objstore.Bounds
		want   []string
	}{
		{"all", "a/", objstore.Bounds{}, []string{"a/1/", "a/2/", "a/3.txt a/3.txt", "a/3/", "a/4/", "a/latest a/latest"}},
		{"top", "", objstore.Bounds{}, []string{"a/", "b/"}},
		{"from", "a/", objstore.Bounds{From: "a/3.txt"}, []string{"a/3.txt a/3.txt", "a/3/", "a/4/", "a/latest a/latest"}},
		{"to", "a/", objstore.Bounds{To: "a/3"}, []string{"a/1/", "a/2/"}},
		{"between", "a/", objstore.Bounds{From: "a/2", To: "a/3"}, []string{"a/2/"}},
		{"nothing", "c/", objstore.Bounds{}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s.ResetLog()
			var got []string
			for e, err := range c.ListDir(t.Context(), "bucket", test.prefix, test.o) {
				if err != nil {
					t.Fatal(err)
				}
				line := e.Name
				if !e.Dir {
					line += " " + e.Metadata["link"]
				}
				got = append(got, line)
			}
			slices.Sort(got)
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if n := s.Count(gcstest.List, ""); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

func TestListDirPages(t *testing.T) {
	s := gcstest.New(t)
	for i := range 2500 {
		s.PutBytes("bucket", fmt.Sprintf("job/%04d/started.json", i), []byte("x"))
	}
	c := client(t, s)
	n := 0
	for e, err := range c.ListDir(t.Context(), "bucket", "job/", objstore.Bounds{}) {
		if err != nil || !e.Dir || e.Name != fmt.Sprintf("job/%04d/", n) {
			t.Fatalf("entry %d: %+v, %v", n, e, err)
		}
		n++
	}
	if requests := s.Count(gcstest.List, "job/"); n != 2500 || requests != 3 {
		t.Errorf("%d entries by %d requests", n, requests)
	}
	s.ResetLog()
	for range c.ListDir(t.Context(), "bucket", "job/", objstore.Bounds{}) {
		break
	}
	if requests := s.Count(gcstest.List, "job/"); requests != 1 {
		t.Errorf("%d requests for one entry", requests)
	}
}

func TestListDirErrors(t *testing.T) {
	s := gcstest.New(t)
	s.Private("private", "secret")
	c := client(t, s)
	last := func(bucket string) (err error) {
		for _, err = range c.ListDir(t.Context(), bucket, "", objstore.Bounds{}) {
		}
		return err
	}
	if err := last("absent"); !errors.Is(err, objstore.ErrBucketNotExist) {
		t.Errorf("absent bucket: %v", err)
	}
	var refused *objstore.AccessError
	if err := last("private"); !errors.As(err, &refused) || refused.Op != "list" {
		t.Errorf("private bucket: %v", err)
	}
}
