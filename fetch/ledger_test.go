package fetch

import (
	"fmt"
	"sync"
	"testing"

	"prowtrace/objstore"
)

// What is known can be asked for while files beside the traces still come.
func TestLedgerWhileFilesCome(t *testing.T) {
	l := newLedger(&Progress{})
	var g sync.WaitGroup
	g.Go(func() {
		for i := range 2000 {
			e, _, err := l.expect(fmt.Sprint(i), objstore.Object{Version: "1"})
			if err != nil {
				t.Error(err)
			}
			l.succeed(e)
		}
	})
	for len(l.known()) < 2000 && !t.Failed() {
		l.allHeld()
	}
	g.Wait()
	if n := len(l.allHeld()); n != 2000 {
		t.Errorf("%d files are held", n)
	}
}
