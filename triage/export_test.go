package triage

import (
	"reflect"
	"slices"
	"unsafe"
)

// Score is the score of the finding.
func (f *Finding) Score() int { return f.score }

// Weights are the names of all weights.
func Weights() (names []string) {
	for i := range reflect.TypeFor[weighing]().NumField() {
		names = append(names, reflect.TypeFor[weighing]().Field(i).Name)
	}
	return names
}

// WithoutWeight gives a Matcher that judges as if a weight were 0.
func (m *Matcher) WithoutWeight(name string) *Matcher {
	other := *m
	field := reflect.ValueOf(&other.weights).Elem().FieldByName(name)
	*(*int)(unsafe.Pointer(field.UnsafeAddr())) = 0
	return &other
}

// WeakSignatures are the ids of signatures that are consequences more often than causes.
func WeakSignatures() []string { return weakSignatures }

// WithoutWeak judges as if a signature were not weak, until restore is called.
func WithoutWeak(id string) (restore func()) {
	whole := weakSignatures
	weakSignatures = slices.DeleteFunc(slices.Clone(whole), func(other string) bool { return other == id })
	return func() { weakSignatures = whole }
}
