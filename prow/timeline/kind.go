package timeline

import (
	"bytes"
	"strings"

	"prowtrace/joblog"
	"prowtrace/prow/runfile"
)

// kindReader reads the phases of kind, and within them those of kubeadm:
//
//	Creating cluster "kind" ...
//	 • Starting control-plane 🕹️  ...
//	[certs] Generating "ca" certificate and key
//	 ✓ Starting control-plane 🕹️
//
// Neither writes times. A phase is drawn from the first time to the last that is written
// on a line within it; one without such lines is drawn at the time of the line before it,
// if there is one, and as long as what it holds.
type kindReader struct {
	r             *phaseReader
	cluster, step *marked
	kubeadm       *marked
}

// marked is a phase that has begun.
type marked struct {
	phase  logPhase
	before int64      // the time of the line before it, in Unix ns; 0 is none
	below  []logPhase // that have ended within it; parent counts them from 0
}

func newKindReader(r *phaseReader) *kindReader { return &kindReader{r: r} }

// kubeadmPhases are the phases by whose names kubeadm begins its lines.
var kubeadmPhases = map[string]bool{
	"init": true, "preflight": true, "certs": true, "kubeconfig": true, "etcd": true, "control-plane": true, "kubelet-start": true,
	"kubelet-check": true, "control-plane-check": true, "api-check": true, "wait-control-plane": true, "upload-config": true, "upload-certs": true,
	"mark-control-plane": true, "bootstrap-token": true, "bootstraptoken": true, "kubelet-finalize": true, "addons": true, "addon": true,
	"download-certs": true, "check-etcd": true, "control-plane-join": true, "kubelet-wait-bootstrap": true, "reset": true, "upgrade": true,
}

func (k *kindReader) line(i int, line joblog.Line, text []byte) {
	for _, m := range []*marked{k.cluster, k.step, k.kubeadm} {
		if m != nil {
			m.read(i, line)
		}
	}
	if len(text) < 3 {
		return
	}
	switch {
	case bytes.HasPrefix(text, []byte("Creating cluster \"")) && bytes.HasSuffix(text, []byte(" ...")):
		k.endCluster()
		k.cluster = begin("kind create cluster", i, line)
	case bytes.HasPrefix(text, []byte(" • ")) && bytes.HasSuffix(text, []byte(" ...")):
		k.endStep("")
		k.step = begin("kind: "+kindStep(text[len(" • "):]), i, line)
	case bytes.HasPrefix(text, []byte(" ✓ ")):
		k.endStep("")
	case bytes.HasPrefix(text, []byte(" ✗ ")):
		k.endStep("kind failed: " + kindStep(text[len(" ✗ "):]))
	case bytes.HasPrefix(text, []byte("Set kubectl context to ")):
		k.endCluster()
	case text[0] == '[':
		if name, _, ok := strings.Cut(string(text[1:]), "] "); ok && kubeadmPhases[name] {
			if k.kubeadm == nil || k.kubeadm.phase.name != "kubeadm "+name {
				k.endKubeadm()
				k.kubeadm = begin("kubeadm "+name, i, line)
			}
		}
	case text[0] == '+': // the next command
		k.endCluster()
	case bytes.HasPrefix(text, []byte("Your Kubernetes control-plane has initialized")), bytes.HasPrefix(text, []byte("This node has joined the cluster")):
		k.endKubeadm()
	}
}

// kindStep is the name of a step, without what decorates it.
func kindStep(text []byte) string {
	name := strings.TrimSuffix(string(text), " ...")
	return strings.TrimRightFunc(name, func(c rune) bool { return c == ' ' || c > 0x2190 })
}

func begin(name string, i int, line joblog.Line) *marked {
	return &marked{before: timeOf(line), phase: logPhase{kind: "phase", name: name, estimated: true, alone: true, outcome: runfile.CaseUnknown, parent: -1, lines: [2]int{i, i}}}
}

func (m *marked) read(i int, line joblog.Line) {
	m.phase.lines[1] = i
	if line.Origin == joblog.Read {
		at := line.Time.UnixNano()
		if m.phase.from == 0 {
			m.phase.from, m.phase.to = at, at
		}
		m.phase.from, m.phase.to = min(m.phase.from, at), max(m.phase.to, at)
	}
}

// place gives a phase without times that of the line before it.
func (m *marked) place() {
	if p := &m.phase; p.from == 0 {
		p.from, p.to = m.before, m.before
	}
}

// hold makes a phase as long as what it holds.
func (m *marked) hold(below logPhase) {
	if p := &m.phase; p.from == 0 {
		p.from, p.to = below.from, below.to
	} else {
		p.from, p.to = min(p.from, below.from), max(p.to, below.to)
	}
}

// maxMarked bounds the phases of one cluster.
const maxMarked = 1024

// endWithin ends a phase; what was within it follows it.
func (m *marked) endWithin(above *marked, r *phaseReader) {
	if m.place(); m.phase.from == 0 {
		return
	}
	all := []logPhase{m.phase}
	for _, p := range m.below {
		p.parent++
		all = append(all, p)
	}
	if above != nil {
		above.hold(m.phase)
		first := len(above.below)
		for n, p := range all {
			if len(above.below) == maxMarked {
				return
			}
			if p.parent += first; n == 0 {
				p.parent = -1
			}
			above.below = append(above.below, p)
		}
		return
	}
	first := len(r.phases)
	for n, p := range all {
		if p.parent += first; n == 0 {
			p.parent = -1
		}
		r.add(p)
	}
}

func (k *kindReader) endKubeadm() {
	if m := k.kubeadm; m != nil {
		k.kubeadm = nil
		m.endWithin(firstOf(k.step, k.cluster), k.r)
	}
}

func (k *kindReader) endStep(failure string) {
	k.endKubeadm()
	if m := k.step; m != nil {
		if k.step = nil; failure != "" {
			m.phase.outcome, m.phase.message = runfile.CaseFailed, failure
		}
		m.endWithin(k.cluster, k.r)
	}
}

func (k *kindReader) endCluster() {
	k.endStep("")
	if m := k.cluster; m != nil {
		k.cluster = nil
		m.endWithin(nil, k.r)
	}
}

func firstOf(all ...*marked) *marked {
	for _, m := range all {
		if m != nil {
			return m
		}
	}
	return nil
}

func (k *kindReader) end() { k.endCluster() }
