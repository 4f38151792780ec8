package mask

import "reflect"

// Copy gives a deep copy of a value with the secrets hidden in every text that it holds in
// exported fields, slices, maps and behind pointers. No field can be forgotten that way. A
// value must not lead to itself. What has no exported fields, such as a time, is kept as it
// is.
func Copy[T any](v T) T { return masked(reflect.ValueOf(&v).Elem()).Interface().(T) }

func masked(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	out.Set(v)
	switch v.Kind() {
	case reflect.String:
		out.SetString(Text(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(masked(v.Elem()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				out.Field(i).Set(masked(v.Field(i)))
			}
		}
	case reflect.Slice:
		if holdsText(v.Type().Elem()) && !v.IsNil() {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(masked(v.Index(i)))
			}
		}
	case reflect.Map:
		if !v.IsNil() {
			out.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
			for all := v.MapRange(); all.Next(); {
				out.SetMapIndex(masked(all.Key()), masked(all.Value()))
			}
		}
	}
	return out
}

// holdsText reports whether values of a type can hold text: numbers need no copy.
func holdsText(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.String, reflect.Pointer, reflect.Struct, reflect.Slice, reflect.Map:
		return true
	}
	return false
}
