package query

import (
	"strings"
	"testing"
)

// Each = of a word is one more way to read it, and each way is looked for in every span. So
// a word with thousands of them is refused.
func TestWordsWithManyEquals(t *testing.T) {
	if _, err := Parse("k" + strings.Repeat("=v", 20)); err != nil {
		t.Errorf("20 times: %v", err)
	}
	for _, n := range []int{40, 2000} {
		if _, err := Parse("k" + strings.Repeat("=v", n)); err == nil || !strings.Contains(err.Error(), "ways") {
			t.Errorf("%d times: %v", n, err)
		}
	}
}
