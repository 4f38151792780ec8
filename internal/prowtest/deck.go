package prowtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// KnowDeck names a server on loopback as the Deck of a bucket's Prow, in a config file for the
// test and the programs that it starts: other hosts are not asked.
func KnowDeck(t testing.TB, host, bucket string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	config := fmt.Sprintf("instances:\n- {deck: %q, bucket: %s}\n", strings.TrimPrefix(host, "http://"), bucket)
	if err := os.WriteFile(path, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PROWTRACE_CONFIG", path)
}
