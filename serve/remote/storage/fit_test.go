package storage

import (
	"slices"
	"testing"
)

func TestFit(t *testing.T) {
	tests := []struct {
		name    string
		entries []string
		room    int
		want    []string
	}{
		{"all", []string{"aaa", "b", "cc"}, 6, []string{"aaa", "b", "cc"}},
		{"the longest is left out", []string{"aaa", "b", "cc"}, 5, []string{"b", "cc"}},
		{"the last of equals are left out", []string{"aa", "bb", "cc"}, 5, []string{"aa", "bb"}},
		{"none fits", []string{"aa"}, 1, nil},
		{"none", nil, 1, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := Fit(test.entries, test.room, func(s string) int { return len(s) }); !slices.Equal(got, test.want) {
				t.Errorf("%q, want %q", got, test.want)
			}
		})
	}
}
