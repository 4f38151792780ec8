package team

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"prowtrace/internal/panics"
	"prowtrace/objstore"
	"prowtrace/prow"
)

// One answer is made for all who ask; it is kept for a while, an error for a shorter one.
func TestAnswersAreShared(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var made, faults atomic.Int64
		broken := errors.New("broken")
		a := newAnswers(time.Now, func(ctx context.Context, q question) (int64, error) {
			time.Sleep(time.Second)
			if q.runs == 13 {
				panic("fault")
			}
			if q.runs == 14 {
				made.Add(1)
				return 0, broken
			}
			return made.Add(1), nil
		}, func(q question, met *panics.Error) {
			if q.runs != 13 || met.Value != "fault" {
				t.Errorf("the history of %d runs met %v", q.runs, met)
			}
			faults.Add(1)
		})
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if v, err := a.get(t.Context(), "x", question{runs: 1}); v != 1 || err != nil {
					t.Errorf("got %d, error %v", v, err)
				}
			})
		}
		all.Wait()
		time.Sleep(answerKept)
		if v, err := a.get(t.Context(), "x", question{runs: 1}); v != 2 || err != nil {
			t.Errorf("got %d, error %v, when the first was old", v, err)
		}
		if _, err := a.get(t.Context(), "x", question{runs: 13}); err == nil || !strings.Contains(err.Error(), "internal fault") {
			t.Errorf("error %v", err)
		}
		if n := faults.Load(); n != 1 {
			t.Errorf("%d faults were told", n)
		}
		for range 2 {
			if _, err := a.get(t.Context(), "x", question{runs: 14}); !errors.Is(err, broken) {
				t.Errorf("error %v", err)
			}
		}
		if n := made.Load(); n != 3 {
			t.Errorf("%d were made: a failure is not made again at once", n)
		}
		if _, there, err := a.ready("x", question{runs: 2}); there || err != nil {
			t.Errorf("there %v, error %v", there, err)
		}
		a.close()
		if _, err := a.get(t.Context(), "x", question{runs: 3}); err == nil {
			t.Error("an answer was made after the end")
		}
	})
}

// Whoever asks for many histories keeps nobody else from one: a visitor has some in the making,
// and what is there makes room.
func TestAnswersMakeRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAnswers(time.Now, func(ctx context.Context, q question) (int, error) {
			time.Sleep(time.Second)
			return q.runs, nil
		}, nil)
		defer a.close()
		for n := range madeForOne {
			if _, _, err := a.ready("many", question{runs: n}); err != nil {
				t.Fatal(err)
			}
		}
		var refused *userError
		if _, _, err := a.ready("many", question{runs: 1000}); !errors.As(err, &refused) {
			t.Errorf("one visitor has %d and one more in the making: %v", madeForOne, err)
		}
		if _, _, err := a.ready("many", question{runs: 0}); err != nil {
			t.Errorf("what he has asked for: %v", err)
		}
		if v, err := a.get(t.Context(), "other", question{runs: 2000}); v != 2000 || err != nil {
			t.Errorf("another gets %d, %v", v, err)
		}
		time.Sleep(madeForOne * time.Second) // until all of many's are there
		for n := range 2 * mostAnswers {     // a second each
			if v, err := a.get(t.Context(), "many", question{runs: 3000 + n}); v != 3000+n || err != nil {
				t.Fatalf("history %d: %d, %v", n, v, err)
			}
		}
		if len(a.all) > mostAnswers {
			t.Errorf("%d are kept", len(a.all))
		}
	})
}

// A new period gives a visitor his share again, and forgotten accounts make room.
func TestVisitorsPeriod(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	v := newVisitors(Allowance{Bytes: 100, Per: time.Hour}, func() time.Time { return now })
	a := v.of("x")
	a.bytes = 100
	if v.exhausted("x", v.of("x")) == nil {
		t.Error("he has not had his share")
	}
	now = now.Add(time.Hour)
	if err := v.exhausted("x", v.of("x")); err != nil {
		t.Errorf("in a new period: %v", err)
	}
	for i := range mostAccounts + 100 {
		v.of(strings.Repeat("y", 1+i%7) + time.Duration(i).String())
	}
	if len(v.all) > mostAccounts+1 {
		t.Errorf("%d accounts", len(v.all))
	}
	now = now.Add(2 * time.Hour)
	v.of("z")
	if len(v.all) > 2 {
		t.Errorf("%d accounts after all have ended", len(v.all))
	}
}

func TestVisitorNames(t *testing.T) {
	for _, c := range []struct{ header, remote, forwarded, want string }{
		{"", "192.0.2.1:1234", "198.51.100.1", "192.0.2.1"},
		{"", "[2001:db8:1:2:3::4]:1234", "", "2001:db8:1:2::/64"},
		{"", "[::ffff:192.0.2.1]:1", "", "192.0.2.1"},
		{"X-Forwarded-For", "192.0.2.1:1234", "203.0.113.9, 198.51.100.1", "198.51.100.1"},
		{"X-Forwarded-For", "192.0.2.1:1234", "", "192.0.2.1"},
	} {
		s := &Server{o: Options{VisitorHeader: c.header}}
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := s.nameOf(r); got != c.want {
			t.Errorf("%+v: %q", c, got)
		}
	}
}

// Whatever text is put into a page, it stays text.
func FuzzMarkup(f *testing.F) {
	f.Add(`"><script>alert(1)</script>`)
	f.Add("%s <&>' onload=x")
	f.Fuzz(func(t *testing.T, s string) {
		m := &markup{}
		m.add(`<p a="%s">%s</p>`, s, s)
		inner := strings.TrimSuffix(strings.TrimPrefix(m.b.String(), `<p a="`), "</p>")
		if strings.Count(inner, `"`) != 1 || strings.Count(inner, "<") != 0 || strings.Count(inner, ">") != 1 {
			t.Errorf("%q became %q", s, m.b.String())
		}
	})
}

// recorded is a store that tells which buckets are asked.
type recorded struct {
	objstore.Store
	asked *[]string
}

func (r recorded) Features() objstore.Features { return objstore.Features{Ranges: true} }
func (r recorded) Read(_ context.Context, o objstore.Object, _ io.Writer) error {
	*r.asked = append(*r.asked, o.Bucket)
	return nil
}

func (r recorded) Sum(_ context.Context, o objstore.Object) (objstore.Sum, error) {
	*r.asked = append(*r.asked, o.Bucket)
	return objstore.Sum{Kind: "crc32c", Value: "00000007"}, nil
}

// plainStore has no more than what every store has.
type plainStore struct{ objstore.Store }

// What a store can do besides, the list lets through: for its buckets alone, with their
// access.
func TestListedStoreTellsSums(t *testing.T) {
	var anonymous, own []string
	b := NewBuckets(Listed{Name: "public"}, Listed{Name: "team", Access: "auto"})
	s := b.Store("gs", map[Access]objstore.Store{Anonymous: recorded{asked: &anonymous}, "auto": recorded{asked: &own}})
	sums, ok := s.(objstore.Summer)
	if !ok {
		t.Fatal("it tells no sums")
	}
	for _, name := range []string{"public", "team", "secret"} {
		sum, err := sums.Sum(t.Context(), objstore.Object{Bucket: name})
		if refused := (*objstore.AccessError)(nil); errors.As(err, &refused) != (name == "secret") || (sum != objstore.Sum{}) != (err == nil) {
			t.Errorf("%s: %v, error %v", name, sum, err)
		}
	}
	if len(anonymous) != 1 || anonymous[0] != "public" || len(own) != 1 || own[0] != "team" {
		t.Errorf("anonymously asked %q, with rights %q", anonymous, own)
	}
	if _, ok := b.Store("gs", map[Access]objstore.Store{Anonymous: plainStore{recorded{}}}).(objstore.Summer); ok {
		t.Error("it tells sums that its stores do not have")
	}
}

// Every request to a store passes the list, with the access that it gives.
func TestListedStore(t *testing.T) {
	var anonymous, own []string
	b := NewBuckets(Listed{Name: "public"}, Listed{Name: "team", Access: "auto"})
	s := b.Store("gs", map[Access]objstore.Store{Anonymous: recorded{asked: &anonymous}, "auto": recorded{asked: &own}})
	for _, name := range []string{"public", "team", "secret"} {
		err := s.Read(t.Context(), objstore.Object{Bucket: name}, io.Discard)
		if refused := (*objstore.AccessError)(nil); errors.As(err, &refused) != (name == "secret") {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if len(anonymous) != 1 || anonymous[0] != "public" || len(own) != 1 || own[0] != "team" {
		t.Errorf("anonymously asked %q, with rights %q", anonymous, own)
	}
	refused := 0
	for _, err := range s.List(t.Context(), "secret", "", "") {
		if err != nil {
			refused++
		}
	}
	for _, err := range s.ListDir(t.Context(), "secret", "", objstore.Bounds{}) {
		if err != nil {
			refused++
		}
	}
	if _, _, err := s.ReadAll(t.Context(), "secret", "x", 1); err != nil {
		refused++
	}
	if err := s.ReadRange(t.Context(), objstore.Object{Bucket: "secret"}, 0, 1, io.Discard); err != nil {
		refused++
	}
	if refused != 4 {
		t.Errorf("%d of 4 requests were refused", refused)
	}
	if err := b.Allow(prow.Run{Provider: "s3", Bucket: "public"}); err == nil {
		t.Error("a bucket of another provider is allowed")
	}
	for _, l := range KnownBuckets(prow.Instances{}) {
		if strings.Contains(l.Name, "private") || l.Access != "" && l.Access != Anonymous {
			t.Errorf("%+v is read unless the list says otherwise", l)
		}
	}
	if f := s.Features(); !f.Ranges || f.Pinned {
		t.Errorf("features %+v", f)
	}
}
