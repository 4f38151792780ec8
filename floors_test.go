package main

import (
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// module is how import paths of this module begin.
const module = "prowtrace/"

// The picture of floors in docs/architecture.md shows every package once, and no
// package imports one that stands on its own line or above it.
func TestFloors(t *testing.T) {
	text, err := os.ReadFile("docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	floors := pictured(t, string(text))
	beside := besideTheHouse(string(text))
	if len(floors) < 10 || len(beside) == 0 {
		t.Fatalf("%d lines in the picture of floors and %d packages beside the house were found", len(floors), len(beside))
	}
	// number of the floor of a package, from the bottom, and the entry that means it
	floorOf := func(name string) (number int, entry string) {
		for i, floor := range floors {
			for _, entry := range floor {
				if means(entry, name) {
					return len(floors) - i, entry
				}
			}
		}
		return 0, ""
	}

	shown := map[string]bool{}
	for name, imports := range packages(t) {
		if slices.ContainsFunc(beside, func(entry string) bool { return means(entry, name) }) {
			for _, entry := range beside {
				shown[entry] = shown[entry] || means(entry, name)
			}
			continue
		}
		floor, entry := floorOf(name)
		if floor == 0 {
			t.Errorf("package %s is missing in the picture of floors", name)
			continue
		}
		shown[entry] = true
		for _, imported := range imports {
			below, other := floorOf(imported)
			switch {
			case below == 0:
				t.Errorf("%s imports %s, which is not in the picture: only tests may", name, imported)
			case below >= floor && entry != other:
				t.Errorf("%s imports %s, which is not on a lower line", name, imported)
			}
		}
	}
	for _, entry := range append(slices.Concat(floors...), beside...) {
		if !shown[entry] {
			t.Errorf("docs/architecture.md shows %s, which does not exist", entry)
		}
	}
}

// pictured are the lines of the picture, from the top, each with its packages.
func pictured(t *testing.T, text string) (floors [][]string) {
	_, picture, _ := strings.Cut(text, "\n## Floors\n")
	_, picture, _ = strings.Cut(picture, "```text\n")
	picture, _, ok := strings.Cut(picture, "```\n")
	if !ok {
		t.Fatal("docs/architecture.md has no picture of floors")
	}
	var all []string
	for line := range strings.Lines(picture) {
		parts := strings.Split(line, "│")
		if len(parts) != 3 {
			continue // a frame
		}
		names := strings.Fields(parts[1])
		for _, name := range names {
			if slices.Contains(all, name) {
				t.Errorf("the picture shows %s twice", name)
			}
		}
		all = append(all, names...)
		floors = append(floors, names)
	}
	return floors
}

// besideTheHouse are the packages of the table that only tests and tools are in.
func besideTheHouse(text string) (names []string) {
	_, table, _ := strings.Cut(text, "\n## Beside the house\n")
	table, _, _ = strings.Cut(table, "\n## ")
	for line := range strings.Lines(table) {
		if m := firstColumn.FindStringSubmatch(line); m != nil {
			names = append(names, m[1])
		}
	}
	return names
}

var firstColumn = regexp.MustCompile("^\\| `([^`]+)` \\|")

// means reports whether an entry stands for a package: by its name, or by that of
// a folder with /* behind.
func means(entry, name string) bool {
	folder, all := strings.CutSuffix(entry, "/*")
	return name == folder || all && strings.HasPrefix(name, folder+"/")
}

// packages are all packages of this module, each with those that it imports outside
// of tests. The first is called main, the others go by their folders.
func packages(t *testing.T) map[string][]string {
	list := exec.Command("go", "list", "-json=ImportPath,Imports", "./...", "./testdata/gen")
	list.Stderr = os.Stderr
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{}
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p struct {
			ImportPath string
			Imports    []string
		}
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		name, ok := strings.CutPrefix(p.ImportPath, module)
		if !ok {
			name = "main"
		}
		all[name] = nil
		for _, imported := range p.Imports {
			if imported, ok := strings.CutPrefix(imported, module); ok {
				all[name] = append(all[name], imported)
			}
		}
	}
}
