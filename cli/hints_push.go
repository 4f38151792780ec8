package cli

import (
	"prowtrace/export/push"
	"prowtrace/internal/text"
)

// refusedHint is what to do about a receiver that does not take what is sent.
func refusedHint(e *push.RefusedError) string {
	switch e.Reason {
	case push.NotAllowed:
		return "set the headers it needs: --header authorization='Bearer …', or OTEL_EXPORTER_OTLP_HEADERS"
	case push.NotFound:
		return "check the name in --endpoint"
	case push.NotReceiver:
		return "check the port and the path: OTLP listens at 4317 for gRPC and at 4318 for HTTP; set --protocol to match"
	case push.WrongSecurity:
		return "one side speaks TLS and the other does not: begin --endpoint with http:// or https://"
	case push.BadAuthority:
		return "name the file of its certificate authority: OTEL_EXPORTER_OTLP_CERTIFICATE"
	}
	return ""
}

// gaveUpHint is what to do about a receiver that could not take a request for too long.
func gaveUpHint(e *push.GaveUpError) string {
	if e.Err.Status == "" {
		return "check that the receiver runs, and the host and port in --endpoint; use --retry-for to wait longer"
	}
	return "use --retry-for to wait longer; spans that were delivered stay there"
}

// settingHint is what to do about a setting of push.
func settingHint(e *push.SettingError) string {
	switch e.Name {
	case push.SettingEndpoint:
		return "write --endpoint http://HOST:4318, or https://HOST"
	case push.SettingProtocol:
		return "write --protocol grpc, or --protocol http"
	case push.SettingHeader:
		return "write --header NAME=VALUE"
	case push.SettingInsecure:
		return "leave --insecure out, or begin --endpoint with http://"
	}
	return "change the variable " + text.Line(e.Name) + ", or unset it"
}
