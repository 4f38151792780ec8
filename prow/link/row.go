package link

import "prowtrace/prow"

// Row is a Ref, or the error instead of one, as flat columns for tables and bots.
// All keys are always present. For a path, Root holds it.
type Row struct {
	Status   string `json:"status"` // "ok", "resolve" or "error"
	Kind     string `json:"kind"`
	Provider string `json:"provider"`
	Bucket   string `json:"bucket"`
	Root     string `json:"root"`
	Job      string `json:"job"`
	Build    string `json:"build"`
	Org      string `json:"org"`
	Repo     string `json:"repo"`
	Pull     string `json:"pull"`
	Rest     string `json:"rest"`
	Error    string `json:"error"` // begins with the class of the error, such as "E_NOBUILD: "
	Note     string `json:"note"`
}

// Columns are the names of a Row's columns, in the order of Values.
func Columns() []string {
	return []string{"status", "kind", "provider", "bucket", "root", "job", "build",
		"org", "repo", "pull", "rest", "error", "note"}
}

// NewRow renders the two results of [Parse].
func NewRow(ref prow.Ref, err error) Row {
	if err != nil {
		return Row{Status: "error", Error: err.Error()}
	}
	root := ref.Root
	if ref.Kind == prow.KindPath {
		root = ref.Path
	}
	return Row{
		Status: ref.Status(), Kind: string(ref.Kind),
		Provider: ref.Provider, Bucket: ref.Bucket, Root: root,
		Job: ref.Job, Build: ref.Build,
		Org: ref.Org, Repo: ref.Repo, Pull: ref.Pull,
		Rest: ref.Rest, Note: ref.Note,
	}
}

// Values are the cells of the row in the order of [Columns].
func (r Row) Values() []string {
	return []string{r.Status, r.Kind, r.Provider, r.Bucket, r.Root, r.Job, r.Build,
		r.Org, r.Repo, r.Pull, r.Rest, r.Error, r.Note}
}
