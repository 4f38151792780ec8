package remote

import (
	"fmt"
	"slices"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/timestamppb"

	"prowtrace/internal/jaegerpb/storagev1"
	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/otlptest"
)

func TestDependencies(t *testing.T) {
	c := connect(t, otlptest.Load(t, otlptest.Made(t)))
	inside := []string{"chain → chain 39 ", "front → back 1 ", "front → front 19 "}
	linked := []string{"back → front 2 link"}
	tests := []struct {
		name       string
		start, end *timestamppb.Timestamp
		want       []string
	}{
		{"no range", nil, nil, slices.Concat(linked, inside)},
		{"year 1", wireTime(0), wireTime(0), slices.Concat(linked, inside)},
		{"the chain only", wireTime(int64(otlptest.At(90))), nil, inside[:1]},
		{"all but the chain", nil, wireTime(int64(otlptest.At(90))), slices.Concat(linked, inside[1:])},
		{"before all", nil, wireTime(1), nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			v2, err := c.dependencies.GetDependencies(t.Context(), &storagev2.GetDependenciesRequest{StartTime: test.start, EndTime: test.end})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, d := range v2.GetDependencies() {
				got = append(got, fmt.Sprintf("%s → %s %d %s", d.GetParent(), d.GetChild(), d.GetCallCount(), d.GetSource()))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("v2: %q\nwant %q", got, test.want)
			}
			v1, err := c.v1Deps.GetDependencies(t.Context(), &storagev1.GetDependenciesRequest{StartTime: test.start, EndTime: test.end})
			if err != nil {
				t.Fatal(err)
			}
			got = nil
			for _, d := range v1.GetDependencies() {
				got = append(got, fmt.Sprintf("%s → %s %d %s", d.GetParent(), d.GetChild(), d.GetCallCount(), d.GetSource()))
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("v1: %q\nwant %q", got, test.want)
			}
		})
	}
	_, err := c.dependencies.GetDependencies(t.Context(), &storagev2.GetDependenciesRequest{StartTime: wireTime(2), EndTime: wireTime(1)})
	wantCode(t, err, codes.InvalidArgument)
}
