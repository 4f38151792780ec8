package triage

import (
	"regexp"
	"slices"

	"prowtrace/prow/runfile"
)

// A Need is a source that would say more about a run: files of the run that are read only if
// a symptom calls for them.
type Need struct {
	Pattern string // of names below the run's root, with ** for any directories
	Why     string
}

// symptoms says which words call for which files. A row counts if one of the facts that may
// be the cause has its words. testdata/asks.tsv has a case of each of them.
var symptoms = []struct {
	words    *regexp.Regexp
	why      string
	patterns []string
}{
	{
		regexp.MustCompile(`(?i)\bnodes?\b|machines?\b|instance|control.?plane|kubeadm|kubelet|came into existence|timed out after|connection refused|failed to initialize|not (?:yet )?(?:ready|healthy)|start(?:ed)? up|NAT gateway|\binfrastructure\b`),
		"something waited for nodes or machines",
		[]string{
			"artifacts/**/*{journal,kubelet,containerd,crio,cri-o,docker}*", "artifacts/**/*{cloud-init,bootstrap,startup,console,serial,user-data}*",
			"artifacts/**/*{startup,cloud-init,bootstrap,console}*/*.log", "artifacts/**/nodes/*/*", "artifacts/**/machines/**/*.log", "artifacts/**/manager.log",
			"artifacts/**/ipamd.log", "artifacts/cluster-info/nodes.yaml", "artifacts/toolbox-dump.yaml", "artifacts/**/resources/**/{Machine,Cluster}*/*.yaml",
		},
	},
	{
		regexp.MustCompile(`(?i)etcd|api.?server|leader|:6443|connection refused|unable to (?:handle|connect)|lost`),
		"etcd or the API server was in trouble",
		[]string{"artifacts/**/*etcd*", "artifacts/**/*apiserver*"},
	},
	{
		regexp.MustCompile(`(?i)operator \S+ (?:is )?degraded|rollout|crashloop|CrashLoop|back-?off restarting`),
		"a pod did not stay up", []string{"artifacts/**/pods/*.log"},
	},
	{
		regexp.MustCompile(`(?i)NotReady|not ready|degraded|machine-config|upgrade|restart|reboot|terminated`),
		"nodes were not ready or started again",
		[]string{"artifacts/**/*machine-config*", "artifacts/**/*termination*", "artifacts/**/nodes/*/*", "artifacts/**/*{journal,kubelet,crio}*"},
	},
}

// restPatterns are used if no finding is more than a guess: everything that the run's own
// programs wrote (T28).
var restPatterns = []string{"artifacts/**/*.log", "artifacts/**/*log.txt", "artifacts/**/*events*"}

// Needs gives the files that would say more. It gives none if the cause is known with high
// confidence.
func (j *Judgement) Needs() (needs []Need) {
	if j.State == runfile.Passed || j.State == runfile.Running || len(j.Findings) > 0 && j.Findings[0].Confidence == High {
		return nil
	}
	for _, s := range symptoms {
		calls := len(j.Findings) == 0 && j.State != runfile.Aborted || slices.ContainsFunc(j.Findings[:min(len(j.Findings), 10)], func(f Finding) bool { return s.words.MatchString(f.Text) })
		if !calls {
			continue
		}
		for _, p := range s.patterns {
			if !slices.ContainsFunc(needs, func(n Need) bool { return n.Pattern == p }) {
				needs = append(needs, Need{p, s.why})
			}
		}
	}
	if len(j.Findings) == 0 && j.State != runfile.Aborted || len(j.Findings) > 0 && (j.Findings[0].Confidence == Low || j.Findings[0].Category == Unknown) {
		for _, p := range restPatterns {
			needs = append(needs, Need{p, "the other files do not tell enough"})
		}
	}
	return needs
}
