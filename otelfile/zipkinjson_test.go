package otelfile

import (
	"strings"
	"testing"
)

const zipkinList = `[{"traceId":"5982fe77008310cc80f1da5e10147517","parentId":"90394f6bcffb5d13","id":"67fae42571535f60","kind":"SERVER","name":"get /api","timestamp":1516781775726000,"duration":26000,
"localEndpoint":{"serviceName":"front","ipv4":"172.19.0.2","ipv6":"::1","port":9000},"remoteEndpoint":{"serviceName":"db","ipv4":"10.0.0.1","port":"5432"},
"annotations":[{"timestamp":1516781775730000,"value":"cache miss"}],"tags":{"http.path":"/api","error":"timeout","otel.scope.name":"lib"},"shared":true,"debug":true},
{"traceId":"80f1da5e10147517","id":"1","localEndpoint":{"serviceName":"back"}},
{"traceId":"80f1da5e10147517","id":"2","name":"no service","timestamp":5,"tags":{"error":"true"},"shared":false}]`

const zipkinSketch = `resource [service.name="front"]
scope lib@ []
5982fe77008310cc80f1da5e10147517/67fae42571535f60<90394f6bcffb5d13 "get /api" kind=2 1516781775726000000-1516781775752000000 [network.local.address="172.19.0.2" network.local.ipv6="::1" network.local.port=9000 network.peer.address="10.0.0.1" network.peer.port=5432 peer.service="db" http.path="/api" error="timeout" zipkin.shared=true zipkin.debug=true] status=2 "timeout" event(1516781775730000000 "cache miss" [])
resource [service.name="back"]
scope @ []
000000000000000080f1da5e10147517/0000000000000001< "" kind=0 0-0 []
resource []
scope @ []
000000000000000080f1da5e10147517/0000000000000002< "no service" kind=0 5000-0 [error="true"] status=2 ""
`

func TestZipkinJSON(t *testing.T) {
	for _, tt := range []struct {
		name, in, want string
		problems       []string
	}{
		{"a list", zipkinList, zipkinSketch, nil},
		{"lists of traces", "[" + zipkinList + ",[]]", zipkinSketch, nil},
		{"lines", `{"traceId":"aa","id":"bb"}` + "\n" + `{"traceId":"aa","id":"bb"}` + "\n" + `{"trac`, oneSketch(idsSketch+` "" kind=0 0-0 []`) + oneSketch(idsSketch+` "" kind=0 0-0 []`), []string{"cut off at line 3 (byte 60): its process was probably killed"}},
		{"unreadable values", `[{"traceId":"aa","id":"bb","kind":"ODD","timestamp":"x","tags":{"n":5,"o":[1]},"binaryAnnotations":[{"key":"k"}],"remoteEndpoint":{"port":"x","zone":"z"},"shared":7,"annotations":[{"value":"v","endpoint":null}]}]`,
			oneSketch(idsSketch + ` "" kind=0 0-0 [prowtrace.json.kind="ODD" prowtrace.json.timestamp="x" n=5 o=(1) prowtrace.json.binaryAnnotations=([k=] prowtrace.json.network.peer.port="x" prowtrace.json.network.peer.zone="z" prowtrace.json.zipkin.shared=7] event(0 "v" [prowtrace.json.endpoint=null])`),
			[]string{"7 values are unknown in OTLP"}},
		{"broken", zipkinList[:strings.Index(zipkinList, `{"traceId":"80f1`)] + "!]", zipkinSketch[:strings.Index(zipkinSketch, "resource [service.name=\"back\"]")], []string{"invalid JSON"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			checkSketch(t, []byte(tt.in), FormatZipkin, strings.ReplaceAll(tt.want, "([k=]", `([key="k"])`), tt.problems...)
		})
	}
}
