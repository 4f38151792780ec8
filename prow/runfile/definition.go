package runfile

import (
	"regexp"
	"slices"
	"strings"
)

// Definition says how a job is configured to run its test: the parts of prowjob.json that can
// make a run behave differently.
type Definition struct {
	Containers []Configured      `json:",omitempty"` // in which the test runs, in order
	Utilities  map[string]string `json:",omitempty"` // images of Prow's own containers, by their purpose
}

// Configured is a container in the job's configuration. Texts are bounded, and the names of
// commit authors are not kept. The texts can hold secrets.
type Configured struct {
	Name, Image      string
	Command, Args    []string          `json:",omitempty"`
	Env              []Variable        `json:",omitempty"` // by name
	Requests, Limits map[string]string `json:",omitempty"` // of resources, such as memory
}

// Variable is an environment variable.
type Variable struct {
	Name, Value string // for a value that comes from elsewhere, Value says from where
}

// Bounds of what is kept of one container.
const (
	maxArguments = 200
	maxVariables = 200
)

type configuredFile struct {
	specFile
	Image word   `json:"image"`
	Args  []word `json:"args"`
	Env   []struct {
		Name  word `json:"name"`
		Value word `json:"value"`
		From  struct {
			Secret keyOf `json:"secretKeyRef"`
			Config keyOf `json:"configMapKeyRef"`
			Field  struct {
				Path word `json:"fieldPath"`
			} `json:"fieldRef"`
		} `json:"valueFrom"`
	} `json:"env"`
	Resources struct {
		Requests map[string]any `json:"requests"`
		Limits   map[string]any `json:"limits"`
	} `json:"resources"`
}

// keyOf names a value in a secret or a config map.
type keyOf struct {
	Name word `json:"name"`
	Key  word `json:"key"`
}

func definition(files []configuredFile, utilities map[string]any) (d Definition) {
	for _, f := range files[:min(len(files), maxContainers)] {
		c := Configured{
			Name: Name(f.Name), Image: Name(f.Image), Command: arguments(f.Command), Args: arguments(f.Args),
			Requests: textMap(f.Resources.Requests), Limits: textMap(f.Resources.Limits),
		}
		for _, e := range f.Env[:min(len(f.Env), maxVariables)] {
			v := Variable{Name(e.Name), anonymous(e.Value)}
			switch {
			case somebody.MatchString(v.Name):
				v.Value = ""
			case e.From.Secret != keyOf{}:
				v.Value = "secret " + Name(e.From.Secret.Name) + "/" + Name(e.From.Secret.Key)
			case e.From.Config != keyOf{}:
				v.Value = "configuration " + Name(e.From.Config.Name) + "/" + Name(e.From.Config.Key)
			case e.From.Field.Path != "":
				v.Value = "field " + Name(e.From.Field.Path)
			}
			c.Env = append(c.Env, v)
		}
		slices.SortStableFunc(c.Env, func(a, b Variable) int { return strings.Compare(a.Name, b.Name) })
		d.Containers = append(d.Containers, c)
	}
	d.Utilities = textMap(utilities)
	return d
}

func arguments(from []word) (all []string) {
	for _, a := range from[:min(len(from), maxArguments)] {
		all = append(all, anonymous(a))
	}
	return all
}

// anonymous returns a message without git's user.
func anonymous(s word) string { return message(identity.ReplaceAllString(string(s), "$1 …")) }

// somebody matches parts of variable names that identify a person.
var somebody = regexp.MustCompile(`(?i)author|committer|e_?mail|user_?name`)
