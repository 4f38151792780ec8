package storage

import (
	"google.golang.org/grpc"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto" // registers the codec that Codec falls back on
	"google.golang.org/grpc/mem"
)

// ChunkSize bounds a message of spans. Jaeger's client takes 4 MiB by default;
// the protocols ask for well below that.
const ChunkSize = 1<<20 - 1<<12

// Encoded is a message that is already encoded. The receiver of the buffer
// frees it.
type Encoded struct{ mem.Buffer }

// Codec sends encoded messages as they are, and all others as protobuf.
type Codec struct{}

// Name is that of the codec which it stands in for.
func (Codec) Name() string { return "proto" }

// Marshal encodes v, unless it is Encoded.
func (Codec) Marshal(v any) (mem.BufferSlice, error) {
	if e, ok := v.(Encoded); ok {
		return mem.BufferSlice{e.Buffer}, nil
	}
	return encoding.GetCodecV2("proto").Marshal(v)
}

// Unmarshal decodes a request.
func (Codec) Unmarshal(data mem.BufferSlice, v any) error {
	return encoding.GetCodecV2("proto").Unmarshal(data, v)
}

// SendTo sends messages that the generated code has no type for.
func SendTo(stream grpc.ServerStream) func(Encoded) error {
	return func(m Encoded) error { return stream.SendMsg(m) }
}
