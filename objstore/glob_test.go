package objstore_test

import (
	"testing"

	"prowtrace/objstore"
)

func TestCompileGlob(t *testing.T) {
	for _, tt := range []struct {
		glob, name string
		want       bool
	}{
		{"artifacts/**/kubelet.log", "artifacts/a/b/kubelet.log", true},
		{"artifacts/**/kubelet.log", "artifacts/a/kubelet.log.gz", false},
		{"artifacts/**/kubelet.log", "artifacts/kubelet.log", true},
		{"artifacts/**/kubelet.log", "artifacts/xkubelet.log", false},
		{"artifacts/*/kubelet.log", "artifacts/a/b/kubelet.log", false},
		{"artifacts/*/kubelet.log", "artifacts/a/kubelet.log", true},
		{"**.log", "a/b.log", true},
		{"a?c", "abc", true},
		{"a?c", "a/c", false},
		{"{a,b*}/c", "bx/c", true},
		{"{a,b*}/c", "c/c", false},
		{"[a-c]x", "bx", true},
		{"[!a-c]x", "bx", false},
		{"a.c", "abc", false},
		{"[", "[", true},
		{"}", "}", true},
	} {
		re, err := objstore.CompileGlob(tt.glob)
		if err != nil || re.MatchString(tt.name) != tt.want {
			t.Errorf("%s and %s: want %v, error %v", tt.glob, tt.name, tt.want, err)
		}
	}
	for _, glob := range []string{"{a", "[b-a]"} {
		if _, err := objstore.CompileGlob(glob); err == nil {
			t.Errorf("%s was understood", glob)
		}
	}
}
