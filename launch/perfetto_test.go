package launch

import "testing"

func TestPerfettoLink(t *testing.T) {
	const want = "https://ui.perfetto.dev/#!/?url=http://127.0.0.1:9001/ABC.pftrace"
	if got := PerfettoLink("http://127.0.0.1:9001/ABC.pftrace"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	// Nothing but a trace of this machine is handed to the page.
	for _, trace := range []string{"https://evil.example/x", "file:///etc/passwd", "http://user@127.0.0.1:9001/x", ""} {
		if err := Perfetto(t.Context(), trace); err == nil {
			t.Errorf("%q was opened", trace)
		}
	}
}
