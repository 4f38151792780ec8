package triage

import (
	"bytes"
	"regexp"
	"strings"
)

// Most programs do not mark their errors: what they say about a fault has no level. This
// file recognizes such lines by their words, and guesses the category of causes that no
// signature knows. testdata/asks.tsv has a case of each row.

// faultWords are looked for before faultText is tried. Each match of faultText has one of
// them.
var faultWords = []string{"fail", "error", "exception", "cannot", "can't", "could n", "couldn't", "unable to", "not ", "no such", "denied", "refused", "invalid", "unknown", "unrecognized", "unsupported", "undefined",
	"undeclared", "mismatch", "out of date", "conflict", "timed out", "timeout", "missing", "killed", "must ", "expected", "want ", "_test.go:", "bad ", "exceeded", "limit of", "assert", "more than", "no rule to",
	"no valid", "leaked", "back-off", "needed;", "requires", "incompatible", "too new", "too old", "unexpected", "wrong", "preempted", "too many", "not allowed", "deleted unexpectedly", "slowdown", "insufficient",
	"unbound", "already exist", "unreachable", "fatal", "panic", "crash", "is required", "are required", "out of expected", "reset by", "exited", "exit ", "failure", "!!!", "non-zero", "returned a", "gave up", "no longer", "too high",
	"no required", "inconsistent", "410 gone", "unterminated", "curl: (", "in use", "below the", "only supports", "reaped", "exceeds", "lost", "already_exists", "already allocated", "tree is dirty", "vulnerabilit", " sc", "not used"}

// faultText is a line that reports a fault in its words (T1, T8, T14, T16).
var faultText = regexp.MustCompile(`(?i)(?:^|[\s"'(\[:,.])(?:` + strings.Join([]string{
	`(?:error|exception|fatal)(?:\[\w+\])?(?:\s?:|\s\w+:|$)`, `\w+(?:error|exception): `, `failed(?: to|:|\.?$| with| for| on| because| in)`, `[a-z ]{0,30} failed[.!]?$`, `fail: `,
	`(?:cannot|can't|could not|couldn't|unable to) \w+`, `not found`, `not (?:present|implemented|available)`, `(?:is|are) required`, `no such (?:file|host|image|command|option|object|key|device)`, `(?:permission|access) denied`, `(?:connection )?refused`,
	`invalid`, `unknown (?:flag|command|option|field|shorthand|argument|zone|iexport)`, `unrecognized`, `(?:is )?unsupported`, `not supported`, `undefined`, `undeclared`, `mismatch`, `out of date`,
	`conflict \(`, `(?:timed out|timeout exceeded|pending timeout)`, `missing (?:required|go\.sum|a|the)`, `killed`, `must (?:be|have|not|provide|specify)`, `does(?: not|n't) (?:exist|match|have|support)`, `(?:do|did) not (?:match|complete|finish|find)`,
	`(?:not properly|wrong for|not allowed|not authorized|not enough|not equal|no rule to|no valid|no space|no available|no longer exists)`, `expected .{1,60}(?:to (?:be|equal|have|match|contain|succeed)|(?:but |,? )got|found|actual)`,
	`(?:want|got) .{1,80}(?:got|want)`, `assert`, `[\w/.-]+_test\.go:\d+: `, `(?:bad|wrong|incompatible|unexpected) \w+`, `(?:quota|limit|rate) exceeded`, `exceeded quota`, `limit of \d+`, `more than the allowed`, `leaked`, `back-off`,
	`updates to .{1,30} needed;`, `requires \S+ [<>=]+`, `too (?:new|old|many)`, `(?:un|not )reachable`, `is not (?:ready|healthy)`, `deleted unexpectedly`, `preempted`, `slowdown`, `insufficient`, `unbound variable`, `already exists`, `reset by peer`, `main process exited`, `denied: `, `panic`, `crash`, `gave up`, `too high`, `out of expected \d+`,
	`no required module`, `inconsistent vendoring`, `(?:is )?not in (?:goroot|std|gzip)\b`, `410 gone`, `unterminated`, `does not look like`, `curl: \(\d+\)`, `module requires go \d`, `error response from`, `already (?:in use|allocated|_exists)`, `address already in use`, `already_exists`,
	`below the (?:threshold|minimum|required)`, `only supports`, `reaped process`, `(?:usage )?exceeds (?:the|\d)`, `leader ?election lost`, `tree is dirty`, `vulnerability #\d`, `sc\d{4}:`, `not ok \d+`, `\d+:\d+\s+error\s`, `(?:imported|declared) (?:and|but) not used`,
}, "|") + `)`)

// quietHead is the beginning of lines that have such words but report no fault: names of
// tests, flags, markup, comments.
var quietHead = regexp.MustCompile(`^\s*(?:=== |passed: |-{1,2}[a-zA-Z]|<|//)`)

// quietText is in such lines: a failure that a test wants.
var quietText = regexp.MustCompile(`(?i)\bas (?:expected|the test wants)\b`)

// tells reports whether a line without an error level, but with one of faultWords, reports a
// fault.
func tells(line []byte) bool {
	return len(line) <= factBytes && faultText.Match(line) && !quietHead.Match(line) && !quietText.Match(line)
}

// kinds gives the categories of causes by their words, the surest first. A row counts if a
// fact without a signature has its words. Refusals because of an account, a registry or the
// pod itself have these words whichever program writes them.
var kinds = []struct {
	category Category
	words    *regexp.Regexp
}{
	{OOM, regexp.MustCompile(`(?i)out of memory|\boom[- ]?kill|cannot allocate memory|\] Killed$|exit(?:ed with)? code 137|^killed$|line \d+:\s+\d+ killed\b|oom_reaper|(?:compile|link|asm|cc1plus|ld): signal: killed|java heap`)},
	{Throttling, regexp.MustCompile(`(?i)\brate limit|rate exceeded|throttl|too many requests|toomanyrequests|\b429\b|reduce your request rate|slow ?down`)},
	{Quota, regexp.MustCompile(`(?i)\bquota|(?:limit|count|number) ?(?:exceeded|reached)|limitreached|maximum number of .{1,40}reached|insufficient ?free ?addresses|not enough free addresses|(?:reached|exceed\w*) (?:the|your) limit|cannot create more than \d+`)},
	{Capacity, regexp.MustCompile(`(?i)insufficient\w* ?capacity|not (?:have )?enough (?:resources|capacity|hosts)|no (?:available|free) (?:resources?|projects?|accounts?|leases?)|resources? \S* ?(?:not (?:found|exist))\W*(?:no available resource)?$|no valid host|failed to acquire|unable to acquire`)},
	{Infra, regexp.MustCompile(`(?i)\bevict|preempt|node no longer exists|got deleted unexpectedly|node shutdown|storage usage exceeds|cannot connect to the docker daemon|low on resource|\d+/\d+ nodes are available|pod (?:pending|scheduling) timeout`)},
	{Image, regexp.MustCompile(`(?i)invalid ?image|invalid reference format|image reference|manifest unknown|pulling image|pull(?:ing)? (?:and unpack )?image|imagepullbackoff|errimagepull|operating system does not match|image operating system|image's platform .{1,60}does not match|\bimages?\b.{0,120}(?:not found|does not exist|could not be found|no such|unavailable|deprecated)|(?:unable|could not|cannot|failed) to? ?find (?:the )?(?:base )?image|no image found|/manifests/\S+.{0,40}not found|(?:failed to solve|failed to load cache key): .{0,80}not found`)},
	{Config, regexp.MustCompile(`(?i)\(gcloud\.[\w.-]+\) .{0,160}was not found|terminal prompts disabled|invalid_grant|bad credentials|nil pointer evaluating|client sent an http request to an https server`)}, // before what looks like a download
	{Dependency, regexp.MustCompile(`(?i)410 gone|unknown revision|no_pubkey|repository '.{1,200}' (?:is not signed|does ?n[o']t have a release file)|is not valid yet \(|unable to select packages|could not (?:resolve dependencies|transfer artifact|connect to (?:registry|\S+\.\w{2,})|retrieve the list)|curl: \((?:18|35|52|55|92)\)|transfer closed with|look like a tar archive|not in gzip format|invalid character '<'|jsondecodeerror: expecting value|no urls matched|no such host|could ?n[o']t resolve (?:host|\S+\.\S+)|unable to resolve host|unknownhost|name resolution|tls handshake|connection (?:reset|timed out)|etimedout|econnre|network is unreachable|unexpected eof|max retries exceeded|` +
		`\b(?:404|5\d\d) (?:not found|bad gateway|service unavailable|gateway time-?out|internal server)|returned error: (?:404|5\d\d)|responded with (?:404|5\d\d)|returned (?:404|5\d\d)|(?:failed|error|unable|could not) (?:to )?(?:fetch|download)|checksum mismatch|hash sum mismatch|` +
		`unable to locate package|no matching (?:distribution|version)|could not find a version|failed to download|not a valid chart repository|no urls in mirror|connectionerror|npm (?:err!|error) (?:network|404|code E404)`)},
	{Cleanup, regexp.MustCompile(`(?i)\b(?:delet(?:e|ed|ing)|remov(?:e|ing)|destroy(?:ing)?|clean(?:ing)? ?up|finalizers?)\b.{0,80}\b(?:fail|error|cannot|could not|not found|remain)|(?:fail\w*|error|cannot|could not|unable).{0,40}\b(?:be )?(?:delet(?:e|ed|ing)|remov(?:e|ed|ing)|destroy(?:ed|ing)?|clean(?:ed)? ?up)\b|\bleak|no such container`)},
	{Node, regexp.MustCompile(`(?i)no space left|too many open files|\betcd|PLEG|NotReady|node\S* (?:is|are|was) not ready|(?:kubelet|containerd|crio|cri-o|docker)\.service|network ?plugin|cni (?:plugin|config)|can't initialize iptables|modprobe: fatal|bridge-nf-call|leader ?election lost|failed to renew lease|kubeadm init|cloud-init`)},
	{Config, regexp.MustCompile(`(?i)unknown (?:flag|command|option|field|shorthand|argument|zone|iexport|name|service|method)|unrecognized|unsupported|not supported|not implemented|toolchain not available|unimplemented|could not find \S+ in |\b(?:provider|profile|target|group|zone|cluster) \S+ does not exist|(?:to be of|wrong|bad) format|invalid (?:value|argument|configuration|option|flag|config|type|character|field)|command not found|: not found$|executable file not found|no such (?:file|command|option)|no rule to make|` +
		`permission denied|access ?denied|denied the request|not allowed to|permission_denied|not authorized|unauthori[sz]ed|forbidden|already ?exists|(?:does not|doesn't) have permission|failed to decode|cannot unmarshal|error (?:converting|parsing) yaml|yaml: |parse error|no matches for kind|strict decoding|can't load config|load(?:ing)? config|missing required|is required|` +
		`requires \S+ [<>=]+|incompatible|too (?:new|old)\b|newer version|update tool|no module named|cannot find module|export data|validate \w+ configuration|invalid configuration|configured to not|failed to run kubelet|cgroups? .{0,80}(?:not|n't) (?:exist|enabled|mounted|supported)|dubious ownership|secret keys? .{0,40}expired|authorizationfailed|not have authorization|no valid credential|duplicated? (?:\w+ )?(?:jobs?|names?|keys?)\b|denied: permission|could not read username|another operation .{0,40}in progress|(?:still|already) in use|already (?:allocated|exist\b|_exists)|already_exists|too long: must|missing go\.sum|no required module|` +
		`inconsistent vendoring|requires (?:go|bazel) \d|invalid go version|not in (?:goroot|std)\b|remote branch .{1,60}not found|did not match any file|not a git repository|no names found|externally-managed|cannot import name|feature gate|invalid ?(?:parameter ?value|apiversion)|(?:secret|configmap) "[^"]+" not found|` +
		`could not find the requested resource|(?:executable|linker|file|path) .{0,40}not found|bucket does not exist|version is higher than|only supports .{1,80}version|cannot find package|cannot iterate over null|certificate|x509|merge conflict|updates to go\.mod|not defined|misconfigur`)},
	{Product, regexp.MustCompile(`(?i)\bpanic(?:ked)?\b|sigsegv|segmentation fault|nil pointer|nullpointer|core dumped|crashloop|deadlock|data race|race detected|concurrent map|undefined: |undefined reference|undeclared|cannot use \S+ |redeclared|import cycle|error\[E\d+\]|error TS\d+|syntax error|exception in thread|builder failed|assignment mismatch|has no attribute|undefined symbol|could not import \S+ \(|(?:imported|declared) (?:and|but) not used|undefined \(type|fault address|^fatal error: fault|stack exceeds|unterminated|too high latency`)},
	{Node, regexp.MustCompile(`(?i)pod ?sandbox`)}, // nothing is known about its obstacle
	{Timeout, regexp.MustCompile(`(?i)timed? ?out|timeout|deadline exceeded|did not finish`)},
}

// assertText is how tests and checks of code state their findings.
var assertText = regexp.MustCompile(`(?i)^\s*[\w./-]+\.go:\d+: |\bFAIL: |^fail \[|expected .{1,300}(?:to (?:be|equal|have|match|contain|succeed)|got|actual)|(?:want|got)\b.{1,200}\b(?:got|want)|not equal|assert|^Unexpected error:|verify failed|out[ -]of[ -]date|not (?:properly )?formatted|boilerplate (?:header )?(?:is|wrong|missing)|uncommitted changes|tree is dirty|git diff\W+shows|license (?:check|header)|missing (?:a )?license|below the (?:threshold|minimum)|\bSC\d{4}:|format %\w .{1,60}wrong type|vulnerabilit|\(-\w+,? \+\w+\)|^\s*\d+:\d+\s+error\s|\bfind (?:a )?(?:\w+ ){0,4}license for\b|unexpected goroutines`)

// answerText is the answer of one program to another (T34). It may say what it expected, but
// it is not an assertion of a test.
var answerText = regexp.MustCompile(`\brpc error: code = `)

// lacksText is a test that cannot begin because the machines lack something (T40).
var lacksText = regexp.MustCompile(`(?i)not (?:present|found|available) on (?:\w+ )?nodes?\b|/dev/\w+\W.{0,40}(?:missing|no such|not (?:found|present|available))`)

// missingText is an obstacle of a test that has nothing to do with its subject: a missing
// program, or a kind of object that the cluster does not know.
var missingText = regexp.MustCompile(`(?i)fork/exec \S+: no such file|executable file not found|could not find the requested resource`)

// kindByWords gives the category that the words of a text indicate. sure is true if these
// words count in any text: an assertion that an image could not be pulled is about the
// image.
func kindByWords(text string) (c Category, sure bool) {
	asserts := assertText.MatchString(text) && !answerText.MatchString(text)
	if lacksText.MatchString(text) {
		return Node, true
	}
	if missingText.MatchString(text) {
		return Config, true
	}
	for _, k := range kinds {
		if asserts && (k.category == Cleanup || k.category == Timeout || k.category == Node || k.category == Config) {
			continue
		}
		if k.words.MatchString(text) {
			return k.category, true
		}
	}
	if asserts {
		return Test, true
	}
	return Unknown, false
}

// bootstrapHead is the beginning of lines in Prow's jobs before there were pod utilities. W
// marks everything from standard error (T6).
var bootstrapHead = regexp.MustCompile(`^[IWE]\d{4} \d\d:\d\d:\d\d\.\d{3}\] ?`)

// mayBeBootstrap reports whether bootstrapHead is worth trying.
func mayBeBootstrap(line []byte) bool {
	return len(line) > 19 && line[18] == ']' && bytes.IndexByte([]byte("IWE"), line[0]) >= 0
}
