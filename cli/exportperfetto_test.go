package cli

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

// Perfetto's page is opened with an address of this machine, and gets what is written there.
func TestHandedOverToPerfetto(t *testing.T) {
	out, in := io.Pipe()
	e := &exportCommand{request: newRequest(Streams{Out: in, Err: io.Discard, Getenv: func(name string) string { return map[string]string{"CI": "true"}[name] }})}
	ended := make(chan error, 1)
	go func() {
		ended <- e.handOver(t.Context(), "127.0.0.1:0", func(_ context.Context, w io.Writer) error {
			_, err := io.WriteString(w, "spans")
			return err
		})
	}()
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	address, ok := strings.CutPrefix(strings.TrimSpace(line), "https://ui.perfetto.dev/#!/?url=")
	if !ok || !strings.HasPrefix(address, "http://127.0.0.1:") {
		t.Fatalf("%q is printed", line)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Origin", "https://ui.perfetto.dev")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || string(body) != "spans" {
		t.Errorf("the page gets %q: %v", body, err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
