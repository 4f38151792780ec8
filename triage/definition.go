package triage

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"prowtrace/internal/mask"
	"prowtrace/joblog"
)

// mostChanges bounds how many changes of a job's definition are reported.
const mostChanges = 10

// A setting is the value of a flag or a variable, or another value without a name.
type setting struct{ name, value string }

// String is the value in a form that is safe to show. The name may show that the value is a
// secret, and it is not next to the value in the output.
func (s setting) String() string { return mask.Named(s.name, s.value) }

// definitionOf gives the parts of a job's definition that can change what a run does, by
// their names: images, flags, variables, resources, the cluster and the node. The node
// mostly differs in every run, and then means nothing (E9, and the small run
// definition-changed).
func definitionOf(e *Evidence) map[string]setting {
	p := e.Metadata.ProwJob
	if p == nil {
		return nil
	}
	all := map[string]setting{}
	named := func(what, name, value string) {
		if value != "" {
			all[what] = setting{name, value}
		}
	}
	set := func(what, value string) { named(what, "", value) }
	set("build cluster", p.Cluster)
	if e.Metadata.Pod != nil {
		set("node of the build cluster", e.Metadata.Pod.Node)
	}
	if p.Timeout > 0 {
		set("timeout of the job", p.Timeout.String())
	}
	for i, c := range p.Definition.Containers {
		of := c.Name
		if of == "" {
			of = "test"
		}
		if i > 0 {
			of = fmt.Sprint(of, " ", i+1)
		}
		set("image of "+of, c.Image)
		for _, word := range strings.Fields(strings.Join(slices.Concat(c.Command, c.Args), " ")) {
			if name, value, ok := strings.Cut(word, "="); ok && strings.HasPrefix(name, "-") {
				named("flag "+name+" of "+of, name, strings.Trim(value, `'"`))
			}
		}
		for _, v := range c.Env {
			named("variable "+v.Name+" of "+of, v.Name, v.Value)
		}
		for name, value := range c.Limits {
			set("limit of "+name+" of "+of, value)
		}
	}
	return all
}

// changedDefinition gives the parts of the job's definition that differ from the passing
// runs. At least two of these must agree among themselves. A change is seldom a cause by
// itself. It is the place to look at if there is no other cause.
func changedDefinition(e *Evidence) (facts []*Fact) {
	here := definitionOf(e)
	if here == nil || len(e.Passing) < 2 {
		return nil
	}
	usual := definitionOf(e.Passing[0])
	for _, p := range e.Passing[1:] {
		their := definitionOf(p)
		maps.DeleteFunc(usual, func(what string, value setting) bool { return their[what] != value })
	}
	for _, what := range slices.Sorted(maps.Keys(usual)) {
		value, ok := here[what]
		if value == usual[what] || len(facts) == mostChanges {
			continue
		}
		if !ok {
			value = setting{"", "not given"}
		}
		f := &Fact{
			Place: Place{FromDiff, "prowjob.json", 0, -1}, Count: 1, Severity: joblog.Warning, kind: changed, category: Config,
			Text: clip(fmt.Sprintf("%s: %s (in the passing runs %s)", what, value, usual[what])),
		}
		if strings.HasPrefix(what, "image ") {
			f.category = Image
		}
		facts = append(facts, f)
	}
	return facts
}
