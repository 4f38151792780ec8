package diff

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"

	"prowtrace/internal/text"
	"prowtrace/trace/analysis"
)

// An Attribute is a value that spans of the bad run have much more often or much less often
// than spans of the good runs.
type Attribute struct {
	Key   string `json:"key"`
	Value string `json:"value"`
	Good  Share  `json:"good"` // of all good runs together
	Bad   Share  `json:"bad"`

	Z     float64 `json:"z"` // of the difference; negative if it is less often
	Place *Place  `json:"place,omitempty"`
}

// A Share is how many of the spans with an attribute have a given value.
type Share struct {
	Spans int `json:"spans"`
	Of    int `json:"of"`
}

// A value is over-represented if the difference is not due to chance, some spans have it,
// and its share is much larger.
const (
	shareZ         = 4
	shareSpans     = 5
	shareTimes     = 2
	mostAttributes = 20
)

// ownKeys are the prefixes of the attributes of Prow's own spans: phases and cases have
// lists of their own.
var ownKeys = []string{"prow.", "prowtrace.", "test.", "cicd."}

// attributes compares how often spans have values. Keys whose values all differ between
// runs, such as the name of a cluster, mean nothing.
func (c *comparison) attributes(context.Context) error {
	c.Attributes = []Attribute{}
	var good []map[string]map[string]int
	for _, g := range c.good {
		if g.Tree != nil {
			good = append(good, analysis.ValueCounts(analysis.One(*g.Tree)))
		}
	}
	if c.bad.Tree == nil || len(good) == 0 {
		return nil
	}
	bad := analysis.ValueCounts(analysis.One(*c.bad.Tree))
	for key, here := range bad {
		if !slices.ContainsFunc(ownKeys, func(prefix string) bool { return strings.HasPrefix(key, prefix) }) {
			c.shares(key, here, each(good, func(all map[string]map[string]int) map[string]int { return all[key] }))
		}
	}
	slices.SortFunc(c.Attributes, func(a, b Attribute) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Z), math.Abs(a.Z)), cmp.Compare(a.Key, b.Key), cmp.Compare(a.Value, b.Value))
	})
	if left := len(c.Attributes) - mostAttributes; left > 0 {
		c.Attributes, c.LeftOut["attributes"] = c.Attributes[:mostAttributes], left
	}
	for i := range c.Attributes {
		a := &c.Attributes[i]
		if a.Z > 0 {
			if span := analysis.FirstWith(*c.bad.Tree, a.Key, a.Value); span >= 0 {
				a.Place = c.bad.span(span)
			}
		} else {
			for _, g := range c.good {
				if g.Tree == nil {
					continue
				}
				if span := analysis.FirstWith(*g.Tree, a.Key, a.Value); span >= 0 {
					a.Place = g.span(span)
					break
				}
			}
		}
		a.Key, a.Value = text.Line(strings.Clone(a.Key)), text.Line(strings.Clone(a.Value))
	}
	return nil
}

// shares compares the values of one key.
func (c *comparison) shares(key string, here map[string]int, good []map[string]int) {
	pooled, shared := map[string]int{}, false
	ofGood, ofBad := 0, 0
	for _, counts := range good {
		for value, n := range counts {
			pooled[value] += n
			ofGood += n
			shared = shared || here[value] > 0
		}
	}
	for _, n := range here {
		ofBad += n
	}
	if !shared {
		return
	}
	for value := range keysOf(pooled, here) {
		a := Attribute{Key: key, Value: value, Good: Share{pooled[value], ofGood}, Bad: Share{here[value], ofBad}}
		if a.Z = proportions(a.Bad, a.Good); math.Abs(a.Z) < shareZ || max(a.Bad.Spans, a.Good.Spans) < shareSpans {
			continue
		}
		if more, less := a.Bad.share(), a.Good.share(); max(more, less) >= shareTimes*min(more, less) {
			c.Attributes = append(c.Attributes, a)
		}
	}
}

func (s Share) share() float64 { return float64(s.Spans) / float64(max(1, s.Of)) }

// proportions is the number of standard deviations between two shares, assuming that they
// are equal.
func proportions(a, b Share) float64 {
	p := float64(a.Spans+b.Spans) / float64(max(1, a.Of+b.Of))
	deviation := math.Sqrt(p * (1 - p) * (1/float64(max(1, a.Of)) + 1/float64(max(1, b.Of))))
	if deviation == 0 {
		return 0
	}
	return (a.share() - b.share()) / deviation
}
