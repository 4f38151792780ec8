package prow_test

import (
	"testing"
	"time"

	"prowtrace/prow"
)

func TestBuildTime(t *testing.T) {
	tests := []struct {
		build, want string
	}{
		{"1742962895290896384", "2024-01-04T17:35:11.579Z"}, // read from a real run
		{"1046875594609922048", "2018-10-01T21:32:46.42Z"},
		{"958000000000000000", "2018-01-29T15:32:53.436Z"},
		{"174296289529089638", ""}, // cut off
		{"403", ""},
		{"1580111939", ""},
		{"18446744073709551615", ""},
		{"99999999999999999999", ""},
		{"x", ""},
		{"", ""},
	}
	for _, test := range tests {
		got, ok := prow.BuildTime(test.build)
		if ok != (test.want != "") || ok && got.Format(time.RFC3339Nano) != test.want {
			t.Errorf("BuildTime(%s) = %s, %v, want %s", test.build, got.Format(time.RFC3339Nano), ok, test.want)
		}
	}
}
