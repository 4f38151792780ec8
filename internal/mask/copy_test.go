package mask

import (
	"reflect"
	"testing"
	"time"
)

func TestCopy(t *testing.T) {
	type inner struct {
		Said  string
		Of    map[string]string
		Names []string
	}
	type outer struct {
		inner
		Inner   inner
		At      *inner
		All     []inner
		Several []*inner
		Numbers []int
		Time    time.Time
		None    *inner
		Empty   []string
		hidden  int
	}
	build := func(s string) *outer {
		in := func() inner { return inner{s, map[string]string{"k" + s: s}, []string{"plain", s}} }
		one, two := in(), in()
		return &outer{Inner: in(), At: &one, All: []inner{in()}, Several: []*inner{&two, nil}, Numbers: []int{1, 2}, Time: time.Unix(5, 0), Empty: []string{}, hidden: 7}
	}
	secret := "--password=hunter2"
	v := build(secret)
	if got, want := Copy(v), build("--password="+Mark); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if !reflect.DeepEqual(v, build(secret)) {
		t.Errorf("the value itself became %+v", v)
	}
}
