package fetch

import (
	"encoding/json"
	"errors"
	"slices"
	"testing"

	"prowtrace/prow"
)

// What was read with some rights does not come out of the cache for others: they read it anew.
// What was read before anybody was told from others is everybody's.
func TestReadersAreApart(t *testing.T) {
	s, dir := newStore(), t.TempDir()
	public, private := runNumber(1), runNumber(2)
	private.Bucket = "secrets"
	for _, run := range []prow.Run{public, private} {
		s.put(run.Bucket, run.Root+"/finished.json", "{}")
		s.put(run.Bucket, run.Root+"/"+oneFile, big(1000))
	}
	open := func(rights string) *Cache {
		c, err := OpenCache(dir)
		if err != nil {
			t.Fatal(err)
		}
		c.ReadBy(func(run prow.Run) string {
			if run.Bucket == private.Bucket {
				return rights
			}
			return ""
		})
		return c
	}
	fetchAll := func(c *Cache) {
		for _, run := range []prow.Run{public, private} {
			res, err := c.Fetch(t.Context(), s, run, Options{})
			if err != nil {
				t.Fatal(err)
			}
			res.Close()
			if err := errors.Join(c.AddNote(Note{Run: run, Text: json.RawMessage("1")}), c.KeepNote("kind", Note{Run: run, Text: json.RawMessage("2")})); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(name string, c *Cache, want ...prow.Run) {
		t.Helper()
		runs, err := c.Runs()
		if err != nil {
			t.Fatal(err)
		}
		notes, err := c.Notes("")
		if err != nil {
			t.Fatal(err)
		}
		if kept := c.KeptNotes("kind", public.Job); len(runs) != len(want) || len(notes) != len(want) || len(kept) != len(want) {
			t.Errorf("%s: %d runs, %d notes and %d others, want %d", name, len(runs), len(notes), len(kept), len(want))
		}
		for _, run := range []prow.Run{public, private} {
			res, err := c.Fetch(t.Context(), nil, run, Options{Offline: true})
			there := err == nil
			if there {
				res.Close()
			} else if !errors.Is(err, ErrOffline) {
				t.Errorf("%s: %v", name, err)
			}
			if there != slices.Contains(want, run) {
				t.Errorf("%s: run of %s is there: %v", name, run.Bucket, there)
			}
		}
	}
	fetchAll(open("adc"))
	check("with the rights", open("adc"), public, private)
	check("as everybody", open(""), public)
	check("with other rights", open("auto"), public)
	plain, err := OpenCache(dir)
	if err != nil {
		t.Fatal(err)
	}
	res, err := plain.Fetch(t.Context(), s, private, Options{})
	if err != nil {
		t.Fatal(err)
	}
	res.Close()
	if res, err = open("").Fetch(t.Context(), nil, private, Options{Offline: true}); err != nil {
		t.Fatalf("what everybody read before: %v", err)
	}
	res.Close()
	if done, err := open("").Clear(); err != nil || len(done.Runs) != 3 {
		t.Errorf("%d runs were removed of all readers, error %v", len(done.Runs), err)
	}
}
