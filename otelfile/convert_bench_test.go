package otelfile

import (
	"fmt"
	"testing"
)

// spanLine is a line of the Collector's file exporter with spans as kOps has them.
func spanLine(b []byte, first, spans int) []byte {
	b = append(b, `{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"kops"}},{"key":"host.name","value":{"stringValue":"node-1"}}]},"scopeSpans":[{"scope":{"name":"k8s.io/kops"},"spans":[`...)
	for i := first; i < first+spans; i++ {
		if i > first {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"traceId":"%032x","spanId":"%016x","parentSpanId":"%016x","flags":257,"name":"HTTP GET","kind":3,"startTimeUnixNano":"1764050465%09d","endTimeUnixNano":"1764050466%09d","attributes":[{"key":"http.request.method","value":{"stringValue":"GET"}},{"key":"url.full","value":{"stringValue":"https://api.example.com/v1/%d"}},{"key":"http.response.status_code","value":{"intValue":"200"}},{"key":"server.address","value":{"stringValue":"api.example.com"}}],"status":{}}`, i/10+1, i+1, i, i%1e9, i%1e9, i)
	}
	return append(b, "]}]}]}\n"...)
}

// jaegerSample is a trace as Jaeger's UI downloads it.
func jaegerSample(b []byte, number, spans int) []byte {
	b = fmt.Appendf(b, `{"traceID":"%032x","spans":[`, number)
	for i := range spans {
		if i > 0 {
			b = append(b, ',')
		}
		b = fmt.Appendf(b, `{"traceID":"%032x","spanID":"%016x","operationName":"HTTP GET","references":[{"refType":"CHILD_OF","traceID":"%032x","spanID":"%016x"}],"startTime":1764050465%06d,"duration":%d,"tags":[{"key":"otel.scope.name","type":"string","value":"k8s.io/kops"},{"key":"http.request.method","type":"string","value":"GET"},{"key":"url.full","type":"string","value":"https://api.example.com/v1/%d"},{"key":"http.response.status_code","type":"int64","value":200},{"key":"span.kind","type":"string","value":"client"}],"logs":[],"processID":"p1","warnings":null}`, number, i+2, number, i+1, i%1e6, i, i)
	}
	return append(b, `],"processes":{"p1":{"serviceName":"kops","tags":[{"key":"host.name","type":"string","value":"node-1"}]}},"warnings":null}`...)
}

func zipkinSpan(b []byte, i int) []byte {
	return fmt.Appendf(b, `{"traceId":"%032x","parentId":"%016x","id":"%016x","kind":"CLIENT","name":"get","timestamp":1764050465%06d,"duration":%d,"localEndpoint":{"serviceName":"kops","ipv4":"10.0.0.1"},"remoteEndpoint":{"ipv4":"10.0.0.2","port":443},"tags":{"http.method":"GET","http.path":"/v1/%d","http.status_code":"200"}}`, i/10+1, i, i+1, i%1e6, i, i)
}

// BenchmarkConvert has the budget of 100 MB/s for JSON.
func BenchmarkConvert(b *testing.B) {
	var lines, zipkin []byte
	jaeger := []byte(`{"data":[`)
	zipkin = append(zipkin, '[')
	for i := range 200 {
		lines = spanLine(lines, 100*i, 100)
		if i > 0 {
			jaeger = append(jaeger, ',')
		}
		jaeger = jaegerSample(jaeger, i, 100)
	}
	for i := range 20_000 {
		if i > 0 {
			zipkin = append(zipkin, ',')
		}
		zipkin = zipkinSpan(zipkin, i)
	}
	jaeger = append(jaeger, "]}"...)
	zipkin = append(zipkin, ']')
	for _, bench := range []struct {
		name string
		data []byte
	}{
		{"otlp json lines", lines},
		{"otlp json, one object", spanLine(nil, 0, 20_000)},
		{"jaeger json", jaeger},
		{"zipkin json", zipkin},
	} {
		b.Run(bench.name, func(b *testing.B) {
			b.SetBytes(int64(len(bench.data)))
			b.ReportAllocs()
			for b.Loop() {
				f, err := Parse("bench", bench.data)
				if err != nil {
					b.Fatal(err)
				}
				if len(f.Bytes()) == 0 {
					b.Fatal("nothing was converted")
				}
				f.Close()
			}
		})
	}
}
