package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"prowtrace/prow"
)

// configPath is where the config file is, and whether somebody named it: then
// it has to be there.
func configPath(getenv func(string) string) (path string, named bool) {
	if path := getenv("PROWTRACE_CONFIG"); path != "" {
		return path, true
	}
	dir, err := os.UserConfigDir()
	if err != nil {
		return "", false // no home, so no file in it
	}
	return filepath.Join(dir, "prowtrace", "config.yaml"), false
}

// maxConfig bounds the config file, in bytes.
const maxConfig = 1 << 20

// knownInstances are the Prows that are built in and those of the config file.
func knownInstances(getenv func(string) string) (prow.Instances, error) {
	path, named := configPath(getenv)
	if path == "" {
		return prow.Instances{}, nil
	}
	data, err := readBounded(path, maxConfig)
	if errors.Is(err, fs.ErrNotExist) {
		if named {
			return prow.Instances{}, usageError{fmt.Errorf("the config file %s does not exist", line(path)), "PROWTRACE_CONFIG names it: correct that, or unset it"}
		}
		return prow.Instances{}, nil
	}
	if err != nil {
		return prow.Instances{}, usageError{fmt.Errorf("reading the config file: %w", err), ""}
	}
	known, err := parseConfig(data)
	if err != nil {
		return prow.Instances{}, usageError{fmt.Errorf("%s:%w", line(path), err), "docs/config.md shows what can stand there"}
	}
	return known, nil
}

// parseConfig reads a config file. Errors begin with the line that they are about.
func parseConfig(data []byte) (prow.Instances, error) {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil {
		return prow.Instances{}, fmt.Errorf(" %s", line(strings.TrimPrefix(err.Error(), "yaml: "))) // has the line
	}
	if len(doc.Content) == 0 {
		return prow.Instances{}, nil // empty, or comments only
	}
	var own []prow.Instance
	var lines []int
	err := eachKey(doc.Content[0], map[string]func(*yaml.Node) error{
		"instances": func(list *yaml.Node) error {
			if list.Kind != yaml.SequenceNode && list.Tag != "!!null" {
				return at(list, "instances wants a list: a dash before each")
			}
			for _, n := range list.Content {
				in, err := parseInstance(n)
				if err != nil {
					return err
				}
				own, lines = append(own, in), append(lines, n.Line)
			}
			return nil
		},
	})
	if err != nil {
		return prow.Instances{}, err
	}
	known, i, err := prow.NewInstances(own)
	if err != nil {
		return prow.Instances{}, fmt.Errorf("%d: this instance is refused: %w", lines[i], err)
	}
	return known, nil
}

func parseInstance(n *yaml.Node) (prow.Instance, error) {
	in := prow.Instance{Provider: "gs"}
	err := eachKey(n, map[string]func(*yaml.Node) error{
		"deck":     texts(&in.Decks),
		"gcsweb":   texts(&in.Gcsweb),
		"provider": text(&in.Provider),
		"bucket":   text(&in.Bucket),
		"former":   texts(&in.Former),
		"closed":   texts(&in.Closed),
		"orgs":     texts(&in.Orgs),
		"jobs":     texts(&in.Jobs),
		"default":  flag(&in.Default),
		"paths": func(n *yaml.Node) error {
			strategies := map[string]prow.Strategy{"explicit": prow.Explicit, "legacy": prow.Legacy, "single": prow.Single}
			strategy, ok := strategies[n.Value]
			if n.Kind != yaml.ScalarNode || !ok {
				return at(n, "paths is Prow's path_strategy: explicit, legacy or single")
			}
			in.Strategy = strategy
			return nil
		},
		"default-repo": func(n *yaml.Node) error {
			org, repo, ok := strings.Cut(n.Value, "/")
			if n.Kind != yaml.ScalarNode || !ok || org == "" || repo == "" || strings.Contains(repo, "/") {
				return at(n, "default-repo wants ORG/REPO")
			}
			in.DefaultOrg, in.DefaultRepo = org, repo
			return nil
		},
	})
	return in, err
}

// eachKey hands the values of a mapping to the functions of their keys, and
// refuses keys that have none, which are misspelt most often.
func eachKey(n *yaml.Node, known map[string]func(*yaml.Node) error) error {
	var keys []string
	for key := range known {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	if n.Kind != yaml.MappingNode {
		return at(n, "want KEY: VALUE, with the keys "+strings.Join(keys, ", "))
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		read, ok := known[key.Value]
		switch {
		case !ok:
			return at(key, fmt.Sprintf("the key %s is not known here: %s", quoted(key.Value), strings.Join(keys, ", ")))
		case seen[key.Value]:
			return at(key, "the key "+key.Value+" stands there twice")
		}
		seen[key.Value] = true
		if err := read(value); err != nil {
			return err
		}
	}
	return nil
}

// text, texts and flag read a value into a place. A list of one may be written
// without a dash.
func text(to *string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Kind != yaml.ScalarNode || n.Value == "" {
			return at(n, "want one name here")
		}
		*to = n.Value
		return nil
	}
}

func texts(to *[]string) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		all := []*yaml.Node{n}
		if n.Kind == yaml.SequenceNode {
			all = n.Content
		}
		for _, n := range all {
			var one string
			if err := text(&one)(n); err != nil {
				return err
			}
			*to = append(*to, one)
		}
		return nil
	}
}

func flag(to *bool) func(*yaml.Node) error {
	return func(n *yaml.Node) error {
		if n.Decode(to) != nil {
			return at(n, "want true or false here")
		}
		return nil
	}
}

func at(n *yaml.Node, what string) error { return fmt.Errorf("%d: %s", n.Line, what) }

// quoted bounds and quotes a word from a file.
func quoted(s string) string {
	const most = 60
	if r := []rune(s); len(r) > most {
		s = string(r[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}
