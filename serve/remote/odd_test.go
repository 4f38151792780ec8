package remote

import (
	"encoding/hex"
	"math"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"prowtrace/internal/otlptest"
)

// No input makes a real Jaeger fail, and every span of it arrives.
func TestOddInputsInRealJaeger(t *testing.T) {
	files, want := otlptest.OddInputs(t, 100_000)
	set := otlptest.Load(t, files...)
	storage := listen(t, set)
	for _, name := range jaegers {
		t.Run(name, func(t *testing.T) {
			j := start(t, name, storage)
			got := map[string][]string{}
			for i := range set.NumTraces() {
				id := set.Trace(i).ID
				var traces []uiTrace
				if status, body := j.get(t, "/api/traces/"+hex.EncodeToString(id[:]), nil); status != http.StatusOK { // adjusted, as the UI asks
					t.Errorf("trace %v: HTTP %d %.500s", id, status, body)
				}
				j.ask(t, "/api/traces/"+hex.EncodeToString(id[:]), url.Values{"raw": {"true"}}, &traces)
				for _, tr := range traces {
					for _, s := range tr.Spans {
						service := tr.Processes[s.ProcessID].ServiceName
						got[service] = append(got[service], s.OperationName)
					}
				}
			}
			services := j.services(t)
			for service, names := range want {
				if len(names) == 0 {
					continue
				}
				t.Run(service, func(t *testing.T) {
					sameStrings(t, got[service], slices.Clone(names))
					if !slices.Contains(services, service) {
						t.Errorf("not among the services %q", services)
					}
					if found := j.find(t, search{service: service, startMax: math.MaxInt64, limit: 10}); len(found) == 0 {
						t.Error("a search for the service finds nothing")
					}
				})
			}
		})
	}
}
