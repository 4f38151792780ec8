package triage

import (
	"regexp"
	"strings"
)

// The kinds of texts, by their words. Each names the case of docs/triage.md that needs it;
// testdata/asks.tsv has a case of each row.
var (
	// K1, K4: an exit status, the name of a phase or "failed" never say why.
	bareText = regexp.MustCompile(`(?i)^\W*(?:(?:error|fatal|failed|failure|fail|err)\b[:\s]*)*(?:` + strings.Join([]string{
		`wrapped process failed: .*`,
		`(?:command |process |\S+ ){0,2}(?:exit(?:ed)? (?:status|code|with)|returned non-zero exit status|terminated with exit code)\b.{0,30}`,
		`make(?:\[\d+\])?: (?:\*\*\* \[.*\] Error \d+|\*\*\* Waiting for unfinished jobs.*|Target .{1,80} not remade because of errors)`,
		`error running (?:up|down|test|build)\b.*`,

		`.{0,40}\btests? (?:suite )?failed\W*`,
		`(?:build|up|test|down|load overall|validation failed|test suite failed|ginkgo run failed|process completed)\W*(?:failed|exit status \d+)?`,
		`ginkgo ran \d+ suites? in .*`,
		`there were failures detected in the following suites.*`,
		`\d+ (?:of \d+ )?(?:cases?|specs?|tests?|checks?|jobs?|steps?|tasks?|suites?|packages?|builds?) failed.*`,
		`step \S+ failed after .*`,
		`some steps failed:?`,

		`.{0,120}\b(?:failed|exited|failure)\b.{0,60}exit(?:ed with)? (?:status|code) \d+`,
		`\d+ tests? (?:have |has )?failed`,
		`error during .{1,200}: exit status \d+`,
		`.{0,200}Process exited with status \d+`,
		`command \[.*\] failed with error: exit status \d+.*`, `\d+ errors? (?:encountered|occurred|found)`, // T43
		`\S*\s*\[(?:FAILED|PANICKED|TIMEDOUT|INTERRUPTED)\] (?:in )?\[.*`, `\[FAIL\] .*`, `in \[[A-Za-z]+\] (?:- |at: ).*`, // Ginkgo's headings (T30)
		`.{0,80}\d+ Passed \| \d+ Failed.*`, `FAIL! -- .*`, // and its sums
		`.{0,60}failed because one or more (?:cluster )?operators are not functioning properly`, `Error in \S+:\d+\. '.*' exited with status \d+`, // T50, T53
		`(?:BackOff: )?Back-?off restarting failed container`, // T48

		`.{0,80}'exit [^']*' exited with status \d+`,
		`---? ?FAIL: .*`, `=== (?:RUN|CONT|PAUSE|FAIL|NAME) .*`, `FAIL\s+\S+\s+(?:[0-9.]+s|\[.*\])?`, // go test
		`.{0,100}\b\d+ fail(?:ed)?, \d+ pass(?:ed)?.*`,

		// T6, T8, T9, T10, T13, T16: how runners of tests, checks and builds end.
		`FAIL: \S+`, `DONE \d+ tests.*`, `• (?:Failure|\[).*`, `Summarizing \d+ Failures?`, `(?:\w+: )?Build (?:failed|did NOT complete successfully).*`, `//\S+\s+(?:FAILED|TIMEOUT) in .*`, `Executed \d+ out of \d+ tests.*`,
		`.{0,60}Something went wrong: encountered \d+ errors?: \[error during [^\]]*: exit status \d+\]`, `\S*CalledProcessError: .*`, `process \d+ exited with code \d+.*`, `command failed`, `.{0,40}Test Command exit code: \d+`,
		`!!! .*`, `call (?:tree|stack):`, `Verification failed.*`, `FAILED\s+\S+\s+\d+s`, `failed tests`, `The command '.*' returned a non-zero code: \d+`, `(?:failed to solve: )?process ".*" did not complete successfully: exit code: \d+`,
		`npm (?:ERR!|error) (?:code ELIFECYCLE|errno \d+|Exit status \d+)`, `Container \S+ exited with code \d+, reason Error`, `could not run steps: .*one or more containers exited`, `some steps failed`,
		`.{0,300}\bcommand ".{1,400}" failed with error: exit status \d+`, // kind
		// What npm and git say when another message has already given the reason.
		`npm (?:ERR!|error)`, `npm (?:ERR!|error) (?:\S+@\S+ \S+: |Failed at the |This is probably not a problem|A complete log|Lifecycle script |command (?:failed|sh)|path /).*`, `fatal: could not read from remote repository`,
		// Maven's sums and hints, and the heads of apt's errors.
		`Tests run: \d+, Failures: .*`, `\S+ +Time elapsed: .{1,40}<<< (?:FAILURE|ERROR)!.*`, `Failed to execute goal .*There are test failures.*`, `(?:To see the full stack trace|Re-run Maven using|For more information about the errors|\[Help \d+\]|After correcting the problems).*`, `Err:\d+ \S+ .*`,
		// T20, T28: wrappers of builds, and systemd.
		`(?:.{0,80} )?build .{1,80} completed with status "FAILURE"`, `.{1,120} failed: step exited with non-zero status: \d+`, `.{0,80}error running \[.*\]: exit status \d+\]?`, `\S+: (?:Failed with result '[\w-]+'|Main process exited, .*)`,
	}, "|") + `)?\W*$`)

	// C4, K4, K6: a program that waited in vain is seldom the cause.
	waiterText = regexp.MustCompile(`(?i)timed? ?out (?:after|waiting)|wait(?:ing)? time(?:out)? exceeded|gave up waiting|timeout (?:waiting|exceeded)|deadline exceeded|` +
		`did not (?:become|come|get) (?:ready|up|healthy)|(?:is|are|was|were) not (?:yet )?(?:ready|healthy|available)|not yet healthy|` +
		`has not (?:yet )?(?:joined|registered)|did not have enough nodes|still (?:not|waiting)|is waiting to start|couldn't initialize a Kubernetes cluster|has not started in|pending timeout|did not (?:\w+ )?(?:with)?in \d|(?:failed|error) waiting (?:for|until)\b|out of expected \d+`)

	// lacksKey looks like a wait but is not one: a key that nobody has does not arrive.
	lacksKey = regexp.MustCompile(`(?i)public key is not available`)

	// M10, T9: a used-up budget is not a wait.
	budgetText = regexp.MustCompile(`panic: test timed out|build timed out`)

	// E19: a try that will be repeated is not a failure before the last one.
	retryText   = regexp.MustCompile(`(?i)will (?:be )?retr(?:y|ied)|retrying|trying again|may not have \w+ yet|\(attempt \d+(?:/| of )\d+\)|remaining to succeed`)
	attemptText = regexp.MustCompile(`(?i)\battempt (\d+)(?:/| of )(\d+)`)

	cancelText = regexp.MustCompile(`(?i)context canceled|signal: (?:killed|terminated|interrupt)|received interrupt|\bSIGTERM\b`)

	// E5, T10: memory that is used up, in texts that otherwise report only an end.
	memoryText = regexp.MustCompile(`\bOOMKilled\b|(?:compile|link|asm|cc1plus|ld): signal: killed`)

	// O1, O3: tests that their runner calls informing, non-blocking or flaky.
	informalText = regexp.MustCompile(`(?i)NON-BLOCKING|\binforming\b|\[Flaky\]`)
)

// ordinary reports whether a text is what machines write at each start.
func ordinary(text string) bool {
	return kernelText.MatchString(text) || ordinaryText.MatchString(text)
}

// kindOf gives the kind of a text.
func kindOf(text string) kind {
	switch {
	case memoryText.MatchString(text):
		return content
	case bareText.MatchString(text):
		return bare
	case budgetText.MatchString(text):
		return content
	case cancelText.MatchString(text):
		return cancelled
	case retryText.MatchString(text):
		return retry
	case waiterText.MatchString(text) && !lacksKey.MatchString(text):
		return waiter
	}
	return content
}

// lastAttempt reports whether a text is about the last of several tries.
func lastAttempt(text string) bool {
	m := attemptText.FindStringSubmatch(text)
	return m != nil && m[1] == m[2]
}

// The heads of lines: the time and place of writing, which say nothing about the content.
var lineHead = regexp.MustCompile(`^(?:` + strings.Join([]string{
	`[IWEF]\d{4} \d\d:\d\d:\d\d\.\d+\s+\d+ [^\]\s]+\] ?`,                                    // klog
	`[IWE]\d{4} \d\d:\d\d:\d\d\.\d{3}\] ?(?:\d{4}/\d\d/\d\d \d\d:\d\d:\d\d \S+\.go:\d+: )?`, // jobs before there were pod utilities
	`(?:INFO|WARN|ERRO|FATA|PANI|DEBU|TRAC|ERROR|WARNING|FATAL)\[[^\]]*\]\s*`,               // logrus
	`\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d[0-9.,]*(?:Z|[+-]\d\d:?\d\d)?\]?\s*(?:\[?(?i:error|warn(?:ing)?|info|fatal)\]?:?\s+)?`,
	`\w{3} [ \d]\d \d\d:\d\d:\d\d(?:\.\d+)? \S+ [\w.@-]+(?:\[\d+\])?: `, // syslog, journald
	`\[(?:FAILED|PANICKED|TIMEDOUT|It|BeforeEach|AfterEach)\]\s+`,       // Ginkgo
	`\[(?:ERROR|WARNING|INFO|FATAL)\]\s+`,                               // Maven
	`#\d+ (?:\d+\.\d+ )?`, `\d+\.\d{3} `, `Command Output: `,            // BuildKit, kind
	`Step #\d+(?: - "[^"]{1,60}")?: `,                                       // Cloud Build (T20)
	`\w{3} [ \d]\d \d\d:\d\d:\d\d\.\d{3}: (?:INFO: )?`,                      // Kubernetes' tests,
	`At \d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ \S+ - event for \S+: \{[^}]*\} `, // which list events (T34, T47)
	`\s+`,
}, "|") + `)+`)

// jsonMessage finds the message in a line of JSON.
var jsonMessage = regexp.MustCompile(`"(?:error|err|msg|message)"\s*:\s*"((?:[^"\\]|\\.){1,1000})"`)

// logfmtMessage finds what a line of key=value pairs says.
var logfmtMessage = regexp.MustCompile(`^(?:time|ts|level|t)=.{1,200}?\bmsg="((?:[^"\\]|\\.)+)"`)

// logfmtError finds the error that such a line has besides (T52).
var logfmtError = regexp.MustCompile(`\s(?:error|err)="((?:[^"\\]|\\.)+)"`)

// Message gives the message of a log line, without the time and similar text at its
// beginning.
func Message(line string) string { return messageOf(line) }

// Telling reports whether a text may say what went wrong. It may not if it says only that
// something failed, waited, will be tried again or was ended from outside.
func Telling(text string) bool { return kindOf(text) == content }

// messageOf removes the head of a line.
func messageOf(line string) string {
	if rest := strings.TrimSpace(lineHead.ReplaceAllString(line, "")); rest != "" {
		line = rest
	}
	line = strings.TrimSpace(line)
	if m := logfmtMessage.FindStringSubmatch(line); m != nil {
		said := m[1]
		if e := logfmtError.FindStringSubmatch(line); e != nil && !strings.Contains(said, e[1]) {
			said += ": " + e[1]
		}
		return strings.ReplaceAll(said, `\"`, `"`)
	}
	if strings.HasPrefix(line, "{") {
		var parts []string
		for _, m := range jsonMessage.FindAllStringSubmatch(line, 3) {
			parts = append(parts, strings.ReplaceAll(m[1], `\"`, `"`))
		}
		if len(parts) > 0 {
			return strings.Join(parts, ": ")
		}
	}
	return line
}

// rareToken is a word that can name one thing: a node, an instance group, a pod, an image.
var rareToken = regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9_./@:-]{4,}[A-Za-z0-9]`)

// tokensOf gives the words of a text that may name one thing, at most 40.
func tokensOf(text string) (all []string) {
	for _, t := range rareToken.FindAllString(text, 80) {
		if strings.ContainsAny(t, "0123456789-_/.@") && len(all) < 40 {
			all = append(all, t)
		}
	}
	return all
}

// pollWords are looked for before pollText is tried, which is ten times as fast.
var pollWords = []string{"waiting ", "still ", "to be "}

var (
	// pollText is a line of a program that waits for something and says so repeatedly. Each
	// match has one of pollWords.
	pollText = regexp.MustCompile(`(?i)\bwaiting (?:for|until|on)\b|\bstill (?:waiting|creating|destroying|modifying)\b|\bto be (?:active|ready|available|running)\b`)

	// lostPollText is a line of a program that has stopped waiting, and may say why (T41).
	lostPollText = regexp.MustCompile(`(?i)\b(?:error|failed) waiting\b`)

	// commandText is a line that a shell or kubetest2 prints before it runs a command.
	commandText = regexp.MustCompile(`^\++ |local\.go:\d+\] ⚙️ `)

	// swallowCommand is what a script runs to go on after a failure: cmd || true.
	swallowCommand = regexp.MustCompile(`^\++ true$`)

	// smallCommand is a command that does not show what the script is doing.
	smallCommand = regexp.MustCompile(`^\++ (?:exit|echo|set|true|\[\[|export|cd|sleep|\w+=\S*)(?:\s|$)`)

	// tearDownText is a command that handles what is left, or takes it down.
	tearDownText = regexp.MustCompile(`(?i)\btoolbox dump\b|dumplogs|\bdelete cluster\b|\bcleanup\b|\bexport logs\b|\b(?:must-)?gather\b|\b(?:docker|podman|nerdctl) (?:\w+ )?(?:rm|kill|stop|prune)\b|\bkind delete\b|\bmake \S*(?:clean|down|delete|destroy)\b|\bdescribe\b|\b(?:get|logs)\b.*-o ya?ml`)

	// tearDownPlace is a line from a part of a program that does so (M1).
	tearDownPlace = regexp.MustCompile(`^[IWEF]\d{4} \S+\s+\d+ (?:dump\w*|down)\.go:\d+\]`)

	// noticeText is a warning about something in the future only (T3, T27).
	noticeText = regexp.MustCompile(`(?i)\bdeprecat|will be removed in a (?:future|later)|to the list of known hosts|^skip(?:ping|ped)?\b`)

	// kernelText is what a machine's kernel writes at each start without harm (T37, T52).
	kernelText = regexp.MustCompile(`^(?:kernel: )?(?:ACPI (?:BIOS )?(?:Error|Warning)|pci [\da-f:.]+ BAR |pci [\da-f:.]+: BAR )`)

	// ordinaryText is what its kubelet writes then (C4), or what a program says to ignore.
	ordinaryText = regexp.MustCompile(`(?i)unable to find data in memory cache|nameserver limits|, ignoring\b|could not open ipv6 `)

	// gatherText is a program that collects what is left (K9).
	gatherText = regexp.MustCompile(`(?i)^scp: |\bfailed to fetch: |\b(?:get|collect|gather|retrieve|fetch|dump)\w* (?:\w+ ){0,2}logs\b`)
)
