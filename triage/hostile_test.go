package triage

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"prowtrace/joblog"
)

// A title that is cut shows no part of a secret, wherever it is.
func TestClipTitleWithSecrets(t *testing.T) {
	secret := "ghp_" + strings.Repeat("aB3", 12)
	for pad := range 110 {
		for _, between := range []string{" ", "=", "?x="} {
			got := clipTitle(strings.Repeat("x", pad) + between + secret + " could not be used because of a failure that nobody knows of at all")
			if len([]rune(got)) > longestTitle || strings.Contains(got, "ghp_") {
				t.Errorf("behind %d letters and %q: %s", pad, between, got)
			}
		}
	}
}

// The confidence in a finding depends on the next one of another category, or on the last.
func TestConfidenceOfMany(t *testing.T) {
	texts := []string{"Quota exceeded in %s", "no such host %s", "thing %s"}
	word := func(i int) string {
		return strings.Map(func(r rune) rune { return r - '0' + 'a' }, fmt.Sprint(i))
	}
	random := rand.New(rand.NewPCG(1, 2))
	var facts []*Fact
	for i := range 300 {
		facts = append(facts, &Fact{Text: fmt.Sprintf(texts[random.IntN(len(texts))], word(i)), kind: content, Severity: joblog.Error, ofFailed: random.IntN(2) == 0, beside: random.IntN(2) == 0})
	}
	o := &outcome{}
	all := rank(facts, o, 1, &weights)
	if len(all) != len(facts) {
		t.Fatalf("%d findings of %d facts", len(all), len(facts))
	}
	seen := map[Confidence]bool{}
	for i := range all {
		ahead := all[i].score
		for k := i + 1; k < len(all); k++ {
			if all[k].Category != all[i].Category || k == len(all)-1 {
				ahead -= all[k].score
				break
			}
		}
		seen[all[i].Confidence] = true
		if want := confidence(&all[i], ahead, 1, o); all[i].Confidence != want {
			t.Errorf("finding %d: %s, want %s", i, all[i].Confidence, want)
		}
	}
	if len(seen) < 2 {
		t.Errorf("all are of confidence %v", seen)
	}
}
