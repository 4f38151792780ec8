package cli

import "testing"

// Pages for others are handed masked texts.
func TestLocal(t *testing.T) {
	for address, want := range map[string]bool{
		"127.0.0.1:16680": true, "localhost:1": true, "[::1]:1": true, "127.0.0.2:1": true,
		":16680": false, "0.0.0.0:1": false, "192.0.2.1:1": false, "host:1": false, "127.0.0.1": false,
	} {
		if got := local(address); got != want {
			t.Errorf("%s: local is %t", address, got)
		}
	}
}
