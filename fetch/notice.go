package fetch

import "fmt"

// A Notice is something that a user should know though nothing failed.
type Notice struct {
	Text    string // one sentence; safe to print
	Refresh bool   // Options.Refresh requests again what was left out
}

func (t *transfer) notice(format string, args ...any) {
	t.Notice(Notice{Text: fmt.Sprintf(format, args...)})
}

// are returns the verb for n things.
func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}
