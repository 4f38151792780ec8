package triage

// weighing has the weights of the evidence for a fact and against it. Each Matcher has its
// own, so that a test can show what each weight is for.
type weighing struct {
	reason, lost, absent, common, deviation, changed, slowCheck, earliest, inPhase, behindPhase, known, weak, fatal, failed, warning, explains, mostExplained, waiter, cancelled, retried, informal, consequence, beside, wentOn, ofPassed, ofFailed, asserts, passedStep, worded, nameless, cleanup, gathers, notice, why, ownName, swallowed int
}

// weights is the table. testdata/asks.tsv has a case of each.
var weights = weighing{
	reason:        100,  // E5, O10: the pod's own reason
	lost:          40,   // E19: the last of several tries
	absent:        25,   // E10: in none of the passing runs whose same source was read
	common:        -70,  // C7, O7: in all passing runs too
	deviation:     45,   // K11: far from what is usual
	changed:       -15,  // E9: the job's definition changed, which is seldom the cause
	slowCheck:     30,   // K4: a check that takes too long itself
	earliest:      6,    // M1: the first that a signature knows
	inPhase:       15,   // K10: within the failed phase or before it
	behindPhase:   -45,  // K1: errors of tear-down
	known:         20,   // K3: a signature knows what it is
	weak:          -15,  // a refused connection or a deadline is mostly a consequence
	fatal:         6,    // E7
	failed:        4,    // an error weighs more
	warning:       -6,   // than a warning
	explains:      3,    // for each fact that follows from it,
	mostExplained: 15,   // up to this
	waiter:        -40,  // C4, K6: it waited in vain
	cancelled:     -60,  // K1: dump and tear-down that were killed
	retried:       -35,  // E19: a try that was followed by others
	informal:      -80,  // O1, O3
	consequence:   -200, // after the end from outside
	beside:        12,   // T4, T11: just before something ended badly
	wentOn:        -10,  // T11: the script went on after it
	swallowed:     -8,   // T11: and was written to go on: cmd || true
	ofPassed:      -30,  // T1, T13: in a test that passed
	ofFailed:      12,   // T1: in a test that failed,
	asserts:       10,   // T1: and in the test's own words
	passedStep:    -30,  // O3: in the log of a step that passed, while another failed
	worded:        -6,   // T1: only its words make it a fault
	nameless:      -4,   // T23: it names no thing
	notice:        -15,  // T27: a warning about the future
	why:           20,   // T27: a lost wait, with the obstacle
	cleanup:       -10,  // T13: something that could not be removed after a test had failed
	gathers:       -20,  // K9, T40: logs that could not be fetched
	ownName:       -10,  // T37: the name of the cluster that is being created
}

// weakSignatures are consequences more often than causes. testdata/asks.tsv has a case of
// each.
var weakSignatures = []string{"connection-refused", "http-server-error", "deadline-exceeded", "image-pull", "cni-not-ready", "entrypoint-interrupted", "dependency-violation", "ginkgo-timed-out", "kubeadm-control-plane", "ci-operator-image-build", "degraded-operator", "files-differ"}

// generalSignatures are those whose texts have causes of many kinds: their words decide the
// category. testdata/asks.tsv has a case of each.
var generalSignatures = []string{"terraform-error", "http-server-error", "connection-refused"}
