package runfile

import (
	"regexp"
	"slices"
	"strings"
)

// Definition is how a job is configured to run its test: what of prowjob.json can make a run
// do something else.
type Definition struct {
	Containers []Configured      `json:",omitempty"` // in which the test runs, in their order
	Utilities  map[string]string `json:",omitempty"` // images of Prow's own containers, by what these do
}

// Configured is a container as the job's configuration has it. Texts are bounded; who a
// commit is said to be by is not kept. They can hold secrets.
type Configured struct {
	Name, Image      string
	Command, Args    []string          `json:",omitempty"`
	Env              []Variable        `json:",omitempty"` // by name
	Requests, Limits map[string]string `json:",omitempty"` // of resources, such as memory
}

// Variable is an environment variable.
type Variable struct {
	Name, Value string // the value of one that comes from elsewhere says where that is
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

// keyOf names a value in a secret or a configuration map.
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

// anonymous is a message without who git is told to be.
func anonymous(s word) string { return message(identity.ReplaceAllString(string(s), "$1 …")) }

// somebody is in the names of variables that say who somebody is.
var somebody = regexp.MustCompile(`(?i)author|committer|e_?mail|user_?name`)
