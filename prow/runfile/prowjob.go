package runfile

import (
	"time"

	"prowtrace/prow"
)

// ProwJob is a run's prowjob.json: the resource that Prow's controllers work on.
type ProwJob struct {
	ID      string // its name, a UUID; of the pod too
	Type    string // presubmit, postsubmit, periodic, batch
	Job     string
	Build   string
	Cluster string // in which the pod runs
	Refs    *Refs  // what is tested; nil for a periodic
	Extra   []Refs // what is cloned besides

	Start      time.Time // when it was made
	Pending    time.Time // when its pod was made; zero: not yet
	Completion time.Time // zero: not yet

	Timeout time.Duration // after which its test is ended; 0: not told
	Grace   time.Duration // which it then has to end by itself; 0: not told

	State       State
	Phase       string // the state as spelled: scheduling, triggered, pending, success, …
	Description string // "" where it could name a person
	URL         string
	PodName     string
	Revivals    int // how often a pod was lost and made again; Pod is the last one's

	Definition Definition

	storage storageFile
}

// containers are the names of those in which tests run, as the job's configuration has them.
func (p *ProwJob) containers() (names []string) {
	for _, c := range p.Definition.Containers {
		names = append(names, c.Name)
	}
	return names
}

// Refs is one repository at a commit, with pull requests merged into it.
type Refs struct {
	Org, Repo, Link  string
	BaseRef, BaseSHA string
	Pulls            []Pull
}

// Pull is a pull request at a commit.
type Pull struct {
	Number           int
	SHA, Title, Link string
}

type refsFile struct {
	Org      word `json:"org"`
	Repo     word `json:"repo"`
	RepoLink word `json:"repo_link"`
	BaseRef  word `json:"base_ref"`
	BaseSHA  word `json:"base_sha"`
	Pulls    []struct {
		Number integer `json:"number"`
		SHA    word    `json:"sha"`
		Title  word    `json:"title"`
		Link   word    `json:"link"`
	} `json:"pulls"`
}

// maxRefs bounds repositories, and pull requests in one.
const maxRefs = 100

func (f refsFile) refs() Refs {
	r := Refs{Org: Name(f.Org), Repo: Name(f.Repo), Link: Name(f.RepoLink), BaseRef: Name(f.BaseRef), BaseSHA: Name(f.BaseSHA)}
	for _, p := range f.Pulls[:min(len(f.Pulls), maxRefs)] {
		r.Pulls = append(r.Pulls, Pull{int(p.Number), Name(p.SHA), Name(p.Title), Name(p.Link)})
	}
	return r
}

func (m *Metadata) readProwJob(_ string, data []byte) error {
	var f struct {
		Metadata struct {
			Name   word `json:"name"`
			Labels struct {
				ID word `json:"prow.k8s.io/id"`
			} `json:"labels"`
			Created instant `json:"creationTimestamp"`
		} `json:"metadata"`
		Spec struct {
			Type    word       `json:"type"`
			Job     word       `json:"job"`
			Cluster word       `json:"cluster"`
			Refs    *refsFile  `json:"refs"`
			Extra   []refsFile `json:"extra_refs"`
			Pod     struct {
				Containers []configuredFile `json:"containers"`
			} `json:"pod_spec"`
			Decoration struct {
				Timeout length `json:"timeout"`
				Grace   length `json:"grace_period"`

				Storage   storageFile    `json:"gcs_configuration"`
				Utilities map[string]any `json:"utility_images"`
			} `json:"decoration_config"`
		} `json:"spec"`
		Status struct {
			Start       instant `json:"startTime"`
			Pending     instant `json:"pendingTime"`
			Completion  instant `json:"completionTime"`
			State       word    `json:"state"`
			Description word    `json:"description"`
			URL         word    `json:"url"`
			PodName     word    `json:"pod_name"`
			Build       word    `json:"build_id"`
			Revivals    integer `json:"pod_revival_count"`
		} `json:"status"`
	}
	err := decode(data, &f)
	p := &ProwJob{
		ID: Name(f.Metadata.Name), Type: Name(f.Spec.Type), Job: Name(f.Spec.Job), Build: Name(f.Status.Build), Cluster: Name(f.Spec.Cluster),
		Start: f.Status.Start.Time, Pending: f.Status.Pending.Time, Completion: f.Status.Completion.Time,
		Timeout: f.Spec.Decoration.Timeout.Duration, Grace: f.Spec.Decoration.Grace.Duration,
		State: stateOf(string(f.Status.State)), Phase: Name(f.Status.State), Description: message(f.Status.Description),
		URL: Name(f.Status.URL), PodName: Name(f.Status.PodName), Revivals: int(f.Status.Revivals),
		Definition: definition(f.Spec.Pod.Containers, f.Spec.Decoration.Utilities),
		storage:    f.Spec.Decoration.Storage,
	}
	if !prow.IsProwJob(p.ID) && prow.IsProwJob(string(f.Metadata.Labels.ID)) {
		p.ID = string(f.Metadata.Labels.ID)
	}
	if p.Start.IsZero() {
		p.Start = f.Metadata.Created.Time
	}
	if p.State == Aborted && !impersonal[p.Description] {
		p.Description = ""
	}
	if f.Spec.Refs != nil {
		refs := f.Spec.Refs.refs()
		p.Refs = &refs
	}
	for _, e := range f.Spec.Extra[:min(len(f.Spec.Extra), maxRefs)] {
		p.Extra = append(p.Extra, e.refs())
	}
	m.ProwJob = p
	return err
}

// impersonal are Prow's own words for an aborted job. Others may say by whom.
var impersonal = map[string]bool{
	"Aborted by trigger plugin.":                           true,
	"Aborted as the newer version of this job is running.": true,
	"Pod got deleted unexpectedly":                         true,
	"Job aborted.":                                         true,
}
