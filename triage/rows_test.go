package triage

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"prowtrace/internal/mask"
)

// A WordTable is a table of words that texts are judged by. Each of its rows has a case.
type WordTable struct {
	Name string
	Rows []string

	// judge judges as the table would with these rows.
	judge  func(rows []string) func(text string) string
	hits   func(row string) func(text string) bool // whether a text may have a row's words
	known  func(text string) bool                  // whether something other than words decides a text
	agrees func(row int, text string) bool         // nil means as Also reports
	joint  bool                                    // a row counts together with others

	judges map[string]func(text string) string
}

// none is a row that matches no text.
const none = `\A\z.`

// by gives a judge, and makes it only once.
func (w *WordTable) by(name string, rows ...string) func(text string) string {
	if w.judges[name] == nil {
		if w.judges == nil {
			w.judges = map[string]func(string) string{}
		}
		w.judges[name] = w.judge(rows)
	}
	return w.judges[name]
}

// Hits gives a fast test of whether a text may have a row's words.
func (w *WordTable) Hits(row int) func(text string) bool { return w.hits(w.Rows[row]) }

// Decides reports whether a text is judged differently without a row.
func (w *WordTable) Decides(row int, text string) bool {
	if w.known != nil && w.known(text) || !w.joint && !w.speaks(row, text) {
		return false
	}
	rest := append(slices.Delete(slices.Clone(w.Rows), row, row+1), none)
	return w.by("whole", w.Rows...)(text) != w.by("without "+w.Rows[row], rest...)(text)
}

// Also reports whether a row supports the judgement of a text, while another row or a
// signature has the same effect.
func (w *WordTable) Also(row int, text string) bool {
	switch {
	case w.agrees != nil:
		return w.Hits(row)(text) && w.agrees(row, text)
	case !w.speaks(row, text):
		return false
	}
	return w.by(w.Rows[row], w.Rows[row])(text) == w.by("whole", w.Rows...)(text)
}

// speaks reports whether a row on its own makes a difference.
func (w *WordTable) speaks(row int, text string) bool {
	return w.by(w.Rows[row], w.Rows[row])(text) != w.by("none", none)(text)
}

// WordTables are all tables of words.
func WordTables(tb testing.TB, known *Matcher) (all []*WordTable) {
	// patterns splits a pattern into its rows, which are between a head and a tail.
	patterns := func(name string, pattern **regexp.Regexp, head, tail string, answer func(string) string) *WordTable {
		whole := *pattern
		src := whole.String()
		if head == "" && strings.HasPrefix(src, "(?i)") {
			head = "(?i)"
		}
		from := strings.Index(src, head) + len(head)
		if from < len(head) || !strings.HasSuffix(src, tail) {
			tb.Fatalf("%s does not begin with %s and end with %s", name, head, tail)
		}
		compiled := func(rows ...string) *regexp.Regexp {
			return regexp.MustCompile(src[:from] + strings.Join(rows, "|") + tail)
		}
		w := &WordTable{Name: name, Rows: alternatives(src[from : len(src)-len(tail)])}
		w.hits = func(row string) func(string) bool { return compiled(row).MatchString }
		w.judge = func(rows []string) func(string) string {
			other := compiled(rows...)
			return func(text string) string {
				*pattern = other
				defer func() { *pattern = whole }()
				return answer(text)
			}
		}
		all = append(all, w)
		return w
	}
	matches := func(name string, pattern **regexp.Regexp, head, tail string) {
		patterns(name, pattern, head, tail, func(text string) string { return fmt.Sprint((*pattern).MatchString(text)) })
	}
	// words are a list of words that are looked for before a pattern is tried.
	words := func(name string, rows []string, answer func(string) bool) *WordTable {
		has := func(text string, rows ...string) bool {
			low := strings.ToLower(text)
			return slices.ContainsFunc(rows, func(word string) bool { return strings.Contains(low, word) })
		}
		w := &WordTable{Name: name, Rows: rows}
		w.hits = func(row string) func(string) bool { return func(text string) bool { return has(text, row) } }
		w.judge = func(rows []string) func(string) string {
			return func(text string) string { return fmt.Sprint(has(text, rows...) && answer(text)) }
		}
		all = append(all, w)
		return w
	}
	bySignature := func(text string) bool {
		m, ok := known.Line([]byte(text))
		return ok && !slices.Contains(generalSignatures, m.ID)
	}
	fault := func(text string) string { return fmt.Sprint(tells([]byte(text))) }
	category := func(text string) string { c, sure := kindByWords(text); return fmt.Sprint(c, sure) }
	kind := func(text string) string { return fmt.Sprint(kindOf(text)) }

	words("words of faults", faultWords, func(text string) bool { return tells([]byte(text)) || kindOf(text) == bare }).known = bySignature
	patterns("fault", &faultText, `:,.])(?:`, `)`, fault).known = bySignature
	patterns("quiet heads", &quietHead, `^\s*(?:`, `)`, fault)
	patterns("quiet", &quietText, "", "", fault)
	for i := range kinds {
		w := patterns(fmt.Sprintf("category %d %s", i+1, kinds[i].category), &kinds[i].words, "", "", category)
		w.known = bySignature
		w.agrees = func(_ int, text string) bool {
			f := Fact{Text: text}
			f.Match, _ = known.Line([]byte(text))
			return categoryOf(&f, &outcome{}) == kinds[i].category
		}
	}
	patterns("assertion", &assertText, "", "", category)
	patterns("answer", &answerText, "", "", category)
	patterns("lacks", &lacksText, "", "", category)
	patterns("missing", &missingText, "", "", category)
	patterns("bare", &bareText, `[:\s]*)*(?:`, `)?\W*$`, kind)
	patterns("waiter", &waiterText, "", "", kind)
	patterns("missing key", &lacksKey, "", "", kind)
	patterns("budget", &budgetText, "", "", kind)
	patterns("retry", &retryText, "", "", kind)
	patterns("cancelled", &cancelText, "", "", kind)
	patterns("memory", &memoryText, "", "", kind)
	matches("informal", &informalText, "", "")
	heads := patterns("head of a line", &lineHead, `^(?:`, `)+`, messageOf)
	heads.joint, heads.hits = true, func(row string) func(string) bool { return regexp.MustCompile(row).MatchString }
	words("words of polls", pollWords, func(text string) bool { return pollText.MatchString(text) })
	matches("poll", &pollText, "", "")
	matches("lost poll", &lostPollText, "", "")
	matches("command", &commandText, "", "")
	matches("swallowing command", &swallowCommand, `^\++ `, `$`)
	matches("small command", &smallCommand, `^\++ (?:`, `)(?:\s|$)`)
	matches("tear-down", &tearDownText, "", "")
	matches("place of tear-down", &tearDownPlace, `^[IWEF]\d{4} \S+\s+\d+ (?:`, `)\.go:\d+\]`)
	matches("notice", &noticeText, "", "")
	matches("ordinary kernel", &kernelText, `^(?:kernel: )?(?:`, `)`)
	matches("ordinary", &ordinaryText, "", "")
	matches("gathers", &gatherText, "", "")
	words("words of versions", versionWords, func(text string) bool { return versionText.MatchString(text) })
	for i := range symptoms {
		matches(fmt.Sprintf("symptom %d", i+1), &symptoms[i].words, "", "")
	}
	general := &WordTable{Name: "general signatures", Rows: slices.Clone(generalSignatures)}
	general.hits = func(row string) func(string) bool {
		return func(text string) bool { m, ok := known.Line([]byte(text)); return ok && m.ID == row }
	}
	general.judge = func(rows []string) func(string) string {
		return func(text string) string {
			whole := generalSignatures
			defer func() { generalSignatures = whole }()
			generalSignatures = rows
			f := Fact{Text: text}
			f.Match, _ = known.Line([]byte(text))
			return string(categoryOf(&f, &outcome{}))
		}
	}
	return append(all, general)
}

// alternatives splits a pattern at each | outside of brackets.
func alternatives(pattern string) (all []string) {
	depth, class, from := 0, false, 0
	for i := 0; i < len(pattern); i++ {
		switch c := pattern[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			all = append(all, pattern[from:i])
			from = i + 1
		}
	}
	return append(all, pattern[from:])
}

// SaidIn gives the text of a log line in the form that a Fact has. It gives nothing for
// lines that are too long to be named, or that contain something forbidden.
func SaidIn(line string) (all []string) {
	line = strings.TrimRight(line, "\r\n")
	for _, said := range slices.Compact([]string{line, messageOf(line)}) {
		if said != "" && len(said) < 400 && !strings.ContainsAny(said, "\r\x1b") && mask.Text(said) == said {
			all = append(all, said)
		}
	}
	return all
}

// RecordedLines are the lines of the tables of this package's tests.
func RecordedLines() (all []string) {
	for _, c := range errorLines {
		all = append(all, c.line)
	}
	for _, c := range otherLines {
		all = append(all, c.line)
	}
	return append(all, quietLines...)
}

// Alike gives the same number for texts that differ only in numbers and ids.
func Alike(text string) uint64 { return (&Fact{Text: text}).fingerprint() }
