package mapfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"prowtrace/internal/mapfile"
)

func TestRead(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		name    string
		size    int
		mapFrom int64
		mapped  bool
	}{
		{"empty", 0, 0, false},
		{"small", 10, 100, false},
		{"large", 100, 100, true},
		{"never", 100, -1, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path, want := filepath.Join(dir, tt.name), strings.Repeat("x", tt.size)
			if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
				t.Fatal(err)
			}
			data, unmap, err := mapfile.Read(path, tt.mapFrom)
			if err != nil || string(data) != want {
				t.Fatalf("%q, %v", data, err)
			}
			if unmap != nil && !tt.mapped { // where mapping does not work, reading is right
				t.Errorf("mapped %v", unmap != nil)
			}
			if unmap != nil {
				if err := unmap(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	if _, _, err := mapfile.Read(dir, 0); err == nil {
		t.Error("a directory was read")
	}
	if _, _, err := mapfile.Read(filepath.Join(dir, "none"), 0); !os.IsNotExist(err) {
		t.Errorf("a file that is not there: %v", err)
	}
}
