package fetch

import (
	"errors"
	"strings"
	"testing"

	"prowtrace/objstore"
)

// A run that has ended is listed once, and each of its artifacts is brought once.
func TestArtifactsOnDemand(t *testing.T) {
	s, c := newStore(), openTest(t)
	putRun(s, testRun)
	const kubelet = "artifacts/node-a/kubelet.log"
	s.put(testRun.Bucket, testRun.Root+"/"+kubelet, "one\n")
	res, err := c.Fetch(t.Context(), s, testRun, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer res.Close()
	if _, err := c.ListArtifacts(t.Context(), nil, res, ArtifactOptions{Offline: true}); !errors.Is(err, ErrOffline) {
		t.Errorf("a list offline: %v", err)
	}
	if _, _, err := c.FetchArtifact(t.Context(), nil, res, kubelet, ArtifactOptions{Offline: true}); !errors.Is(err, ErrOffline) {
		t.Errorf("an artifact offline: %v", err)
	}
	s.asked()
	for range 2 {
		all, err := c.ListArtifacts(t.Context(), s, res, ArtifactOptions{})
		if err != nil || len(all) != 10 || all[1].Name != kubelet {
			t.Fatalf("%d objects, %v: %+v", len(all), err, all)
		}
		a, lost, err := c.FetchArtifact(t.Context(), s, res, kubelet, ArtifactOptions{})
		if err != nil || len(lost) != 0 || readFile(t, a.Path) != "one\n" || !a.Whole() {
			t.Fatalf("%+v, lost %v, %v", a, lost, err)
		}
	}
	if asked := s.asked(); len(asked) != 3 {
		t.Errorf("asked %q", asked)
	}
	if logs := res.Logs(); len(logs.Files) != 0 {
		t.Errorf("logs: %+v", logs.Files)
	}
	if _, err := c.FetchLogs(t.Context(), s, res, ArtifactOptions{}); err != nil {
		t.Fatal(err)
	}
	if a, _, err := c.FetchArtifact(t.Context(), nil, res, kubelet, ArtifactOptions{Offline: true}); err != nil || readFile(t, a.Path) != "one\n" {
		t.Errorf("offline, after the logs: %v", err)
	}
	for _, name := range []string{"artifacts/node-a", "artifacts/node-a/kubelet", "none", "../x"} {
		if _, _, err := c.FetchArtifact(t.Context(), s, res, name, ArtifactOptions{}); !errors.Is(err, objstore.ErrNotExist) || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
