package export

import (
	"bytes"
	"strings"
	"testing"

	commonpb "go.opentelemetry.io/proto/otlp/common/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"

	"prowtrace/internal/otlptest"
	"prowtrace/trace"
)

// everyFormat are all formats that consist only of spans.
var everyFormat = map[string]writer{
	"otlp-json": WriteOTLPJSON, "otlp-jsonl": WriteOTLPJSONLines, "otlp-proto": WriteOTLPProto, "otel": WriteOTel,
	"jaeger-json": WriteJaegerJSON, "perfetto": WritePerfetto, "speedscope": WriteSpeedscope, "csv": WriteCSV,
}

// secretive is a file with a different secret at each place that has texts.
func secretive(t testing.TB) (trace.Source, []string) {
	var secrets []string
	next := func() string {
		secrets = append(secrets, "ghp_"+strings.Repeat(string(rune('a'+len(secrets))), 36))
		return secrets[len(secrets)-1]
	}
	attributes := func() []*commonpb.KeyValue {
		return []*commonpb.KeyValue{
			otlptest.Attr("note", otlptest.Str("token "+next())),
			otlptest.Attr("list", otlptest.Array(otlptest.Map(otlptest.Attr("k", otlptest.Str(next()))))),
		}
	}
	data := otlptest.Under("shop", &tracepb.Span{
		TraceId: otlptest.TraceID(1), SpanId: otlptest.SpanID(1), Name: "name " + next(), StartTimeUnixNano: otlptest.At(0), EndTimeUnixNano: otlptest.At(1),
		Status: &tracepb.Status{Message: next()}, Attributes: attributes(),
		Events: []*tracepb.Span_Event{{TimeUnixNano: otlptest.At(0), Name: next(), Attributes: attributes()}},
		Links:  []*tracepb.Span_Link{{TraceId: otlptest.TraceID(2), SpanId: otlptest.SpanID(2), Attributes: attributes()}},
	})
	r := data.ResourceSpans[0].Resource
	r.Attributes = append(r.Attributes, attributes()...)
	return otlptest.File(t, "secretive", data), secrets
}

// With Mask no format contains a secret. Without it each format reports that there is one.
func TestMasked(t *testing.T) {
	file, secrets := secretive(t)
	for name, write := range everyFormat {
		t.Run(name, func(t *testing.T) {
			view := otlptest.Load(t, file)
			s := everything(view)
			data, report := written(t, write, s)
			if !report.Secret {
				t.Error("nothing tells of the secrets")
			}
			shown := 0
			for _, secret := range secrets {
				shown += bytes.Count(data, []byte(secret))
			}
			s.Mask = true
			data, report = written(t, write, s)
			if report.Secret || shown == 0 {
				t.Errorf("%d secrets without masking; with it they are told of: %v", shown, report.Secret)
			}
			for _, secret := range secrets {
				if bytes.Contains(data, []byte(secret[4:])) {
					t.Errorf("%s is handed over", secret)
				}
			}
			if !bytes.Contains(data, []byte("[masked]")) {
				t.Error("nothing says that something is hidden")
			}
		})
	}
}

// A secret is recognized by the name of its attribute, or by the flag before it.
func TestMaskedByName(t *testing.T) {
	s := &tracepb.Span{Attributes: []*commonpb.KeyValue{
		otlptest.Attr("db.password", otlptest.Str("hunter22")), otlptest.Attr("args", otlptest.Array(otlptest.Str("kops"), otlptest.Str("--password"), otlptest.Str("plain"))),
		otlptest.Attr("http.request.header.authorization", otlptest.Bytes([]byte("Basic aHVudGVyMjI=")...)),
		otlptest.Attr("url.full", otlptest.Str("https://example.org/api?limit=500")),
	}}
	if !maskSpan(s) {
		t.Error("nothing was found")
	}
	if got := s.Attributes[0].Value.GetStringValue(); got != "[masked]" {
		t.Errorf("the password is %q", got)
	}
	if got := s.Attributes[1].Value.GetArrayValue().Values[2].GetStringValue(); got != "[masked]" {
		t.Errorf("the password of the command line is %q", got)
	}
	if got := string(s.Attributes[2].Value.GetBytesValue()); strings.Contains(got, "aHVud") {
		t.Errorf("the header is %q", got)
	}
	if got := s.Attributes[3].Value.GetStringValue(); got != "https://example.org/api?limit=500" {
		t.Errorf("the address became %q", got)
	}
}

// If there is no secret, nothing is reported, and masking changes nothing.
func TestNothingToMask(t *testing.T) {
	view := otlptest.Load(t, otlptest.Files(t, "../testdata/bucket")...)
	for name, write := range everyFormat {
		s := everything(view)
		plain, report := written(t, write, s)
		s.Mask = true
		masked, _ := written(t, write, s)
		if report.Secret || len(plain) != len(masked) && (name == "otlp-json" || name == "csv") {
			t.Errorf("%s: %v, %d bytes became %d", name, report.Secret, len(plain), len(masked))
		}
	}
}
