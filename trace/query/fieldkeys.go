package query

import (
	"context"
	"math"
	"sync/atomic"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// The key of a field can also be the key of attributes: service=x looks for both. Few sets
// have such attributes. One pass over all spans of a View finds these keys, so searches for
// fields need not look into spans.

// fieldKeys are the keys that name a field or a text of the scope, with their numbers.
var fieldKeys = numberedKeys()

type keyNumbers struct {
	number map[string]int
	first  [256]uint64 // the lengths of the keys that begin with a character, as bits
}

func numberedKeys() (k keyNumbers) {
	k.number = map[string]int{}
	add := func(key string) {
		k.number[key] = len(k.number)
		k.first[key[0]] |= 1 << len(key)
	}
	for key := range fields {
		add(key)
	}
	for key, texts := range textNames {
		if texts[0] == scopeName || texts[0] == scopeVersion {
			add(key)
		}
	}
	return k
}

// of gives the number of a key as a bit, or 0 if it names no field.
func (k *keyNumbers) of(key []byte) uint64 {
	if len(key) == 0 || len(key) > 63 || k.first[key[0]]&(1<<len(key)) == 0 {
		return 0
	}
	if n, ok := k.number[string(key)]; ok {
		return 1 << n
	}
	return 0
}

type usedKeysKey struct{}

// usedFieldKeys gives the keys of fields that are also keys of attributes, as bits. It gives
// all keys if the used ones are not known and findOut is false.
func usedFieldKeys(ctx context.Context, v *trace.View, findOut bool) (uint64, error) {
	kept := v.Kept(usedKeysKey{}, func() any { return new(atomic.Pointer[uint64]) }).(*atomic.Pointer[uint64])
	if used := kept.Load(); used != nil {
		return *used, nil
	}
	if !findOut {
		return math.MaxUint64, nil
	}
	var used atomic.Uint64
	pass := &compiled{view: v, heavy: true}
	for _, part := range v.Parts() {
		rows := ranges{n: part.Set.Len(), size: treeBatch}
		err := pass.work(ctx, func(turn *trace.Turn) error {
			s := pass.subject(turn, part)
			for lo, hi := rows.take(); lo < hi; lo, hi = rows.take() {
				for row := lo; row < hi && !s.ended(); row++ {
					s.at(row, 0)
					if keys := keysIn(s.encoded()) | keysIn(s.added()); keys != 0 {
						used.Or(keys)
					}
				}
			}
			return turn.Err()
		})
		if err != nil {
			return 0, err
		}
	}
	keys := used.Load()
	kept.Store(&keys)
	return keys, nil
}

// keysIn looks at the attributes of a span, its events and its links.
func keysIn(span []byte) (keys uint64) {
	for num, content := range otlpwire.Messages(span) {
		switch num {
		case 9:
			key, _ := otlpwire.KeyValue(content)
			keys |= fieldKeys.of(key)
		case 11, 13:
			attributes := attributeFields[EventLevel]
			if num == 13 {
				attributes = attributeFields[LinkLevel]
			}
			for num, content := range otlpwire.Messages(content) {
				if num == attributes {
					key, _ := otlpwire.KeyValue(content)
					keys |= fieldKeys.of(key)
				}
			}
		}
	}
	return keys
}

// fieldKeysOf gives the keys of fields that a filter also looks for among the attributes of
// spans.
func fieldKeysOf(f Filter) (keys uint64) {
	inspect(f, func(f Filter) bool {
		if f, ok := f.(inSpan); ok {
			if p, ok := f.probe.(*underKey); ok {
				keys |= fieldKeys.of(p.key)
			}
		}
		return false
	})
	return keys
}
