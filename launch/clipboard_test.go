//go:build unix

package launch

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestClipboardCommands(t *testing.T) {
	for _, tt := range []struct {
		goos string
		env  map[string]string
		want string
	}{
		{"linux", nil, ""},
		{"linux", map[string]string{"DISPLAY": ":0"}, "xclip xsel"},
		{"linux", map[string]string{"DISPLAY": ":0", "WAYLAND_DISPLAY": "wayland-0"}, "wl-paste xclip xsel"},
		{"linux", map[string]string{"WSL_DISTRO_NAME": "Debian"}, "powershell.exe"},
		{"darwin", nil, "pbpaste"},
		{"windows", nil, "powershell.exe"},
	} {
		var names []string
		for _, command := range clipboardCommands(tt.goos, func(name string) string { return tt.env[name] }) {
			names = append(names, command[0])
		}
		if got := strings.Join(names, " "); got != tt.want {
			t.Errorf("%s %v: %q, want %q", tt.goos, tt.env, got, tt.want)
		}
	}
}

// The first program that is there is asked; what it says is bounded, and its failure is told.
func TestClipboard(t *testing.T) {
	program := func(script string) []string {
		path := filepath.Join(t.TempDir(), "paste")
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+script), 0o700); err != nil {
			t.Fatal(err)
		}
		return []string{path}
	}
	missing := []string{filepath.Join(t.TempDir(), "none")}
	for _, tt := range []struct {
		name     string
		commands [][]string
		want     string
		failed   string
	}{
		{"the first that is there", [][]string{missing, program("echo a link"), program("echo another")}, "a link\n", ""},
		{"invalid UTF-8", [][]string{program(`printf 'a\377'`)}, "a\uFFFD", ""},
		{"without an end", [][]string{program("yes xxxxxxx")}, strings.Repeat("xxxxxxx\n", maxClipboard/8), ""},
		{"it fails", [][]string{program("exit 3")}, "", "exit status 3"},
		{"none is there", [][]string{missing}, "", fmt.Sprintf("no program for it was found (%s)", missing[0])},
		{"no display", nil, "", "this session has no display"},
	} {
		got, err := readClipboard(t.Context(), tt.commands)
		if got != tt.want || (err == nil) != (tt.failed == "") || err != nil && !strings.Contains(err.Error(), tt.failed) {
			t.Errorf("%s: %q, %v", tt.name, got[:min(len(got), 100)], err)
		}
	}
}
