//go:build !race

package mcp

import (
	"strings"
	"testing"
)

// numbered is an answer with a list.
type numbered struct {
	Head  Text  `json:"untrusted_head"`
	Items []one `json:"items"`
	Page
}

type one struct {
	N    int  `json:"n"`
	Said Text `json:"untrusted_said"`
}

// Pages of 100,000 elements of any size have each once, and none is larger than the bound.
func TestEveryElementOnce(t *testing.T) {
	const many = 100_000
	s := New(Options{Answer: SmallestAnswer})
	c := &call{server: s, tool: "t"}
	sizes := []int{0, 1, 10, 100, 3, 3, 3, 3, 3, 3, 3}
	text := strings.Repeat(`"<\`, 50_000)
	wanted := 0
	for cursor := ""; ; {
		at, err := c.begin("run", nil, cursor)
		if err != nil {
			t.Fatal(err)
		}
		out := &numbered{Head: "head", Page: Page{Total: many}}
		fill(c, out, &out.Items, &out.Page, at, 500, func(i int) one {
			size := sizes[i%len(sizes)]
			if i%997 == 0 {
				size = 50_000
			}
			return one{i, Text(text[:size])}
		})
		if n := room(out); n > SmallestAnswer {
			t.Fatalf("an answer has %d bytes", n)
		}
		for _, item := range out.Items {
			if item.N != wanted {
				t.Fatalf("element %d, want %d", item.N, wanted)
			}
			wanted++
		}
		if len(out.Items) == 0 || out.Truncated != (wanted < many) {
			t.Fatalf("%d elements behind %d, truncated %v", len(out.Items), wanted, out.Truncated)
		}
		if cursor = out.Next; cursor == "" {
			break
		}
	}
	if wanted != many {
		t.Errorf("the last element was %d", wanted)
	}
}
