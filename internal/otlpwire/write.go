package otlpwire

import (
	"google.golang.org/protobuf/encoding/protowire"
)

// AppendBytes appends a length-delimited field.
func AppendBytes(b []byte, num protowire.Number, v []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(b, num, protowire.BytesType), v)
}

// AppendFixed64 appends a fixed64 field.
func AppendFixed64(b []byte, num protowire.Number, v uint64) []byte {
	return protowire.AppendFixed64(protowire.AppendTag(b, num, protowire.Fixed64Type), v)
}

// AppendVarint appends a varint field.
func AppendVarint(b []byte, num protowire.Number, v uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(b, num, protowire.VarintType), v)
}

// AppendText appends to a message, as field num, the KeyValue of a text.
func AppendText(b []byte, num protowire.Number, key, value string) []byte {
	v := protowire.SizeTag(1) + protowire.SizeBytes(len(value))
	b = appendKey(b, num, key, v)
	return protowire.AppendString(protowire.AppendTag(b, 1, protowire.BytesType), value)
}

// AppendInt appends to a message, as field num, the KeyValue of an integer.
func AppendInt(b []byte, num protowire.Number, key string, value int64) []byte {
	v := protowire.SizeTag(3) + protowire.SizeVarint(uint64(value))
	return AppendVarint(appendKey(b, num, key, v), 3, uint64(value))
}

// AppendBool appends to a message, as field num, the KeyValue of a boolean.
func AppendBool(b []byte, num protowire.Number, key string, value bool) []byte {
	return AppendVarint(appendKey(b, num, key, 2), 2, protowire.EncodeBool(value))
}

// appendKey begins a KeyValue whose AnyValue takes size bytes.
func appendKey(b []byte, num protowire.Number, key string, size int) []byte {
	whole := protowire.SizeTag(1) + protowire.SizeBytes(len(key)) + protowire.SizeTag(2) + protowire.SizeBytes(size)
	b = protowire.AppendVarint(protowire.AppendTag(b, num, protowire.BytesType), uint64(whole))
	b = protowire.AppendString(protowire.AppendTag(b, 1, protowire.BytesType), key)
	return protowire.AppendVarint(protowire.AppendTag(b, 2, protowire.BytesType), uint64(size))
}
