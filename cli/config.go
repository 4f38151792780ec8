package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"prowtrace/internal/text"
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
			return prow.Instances{}, usageError{fmt.Errorf("cannot read the config file %s: it does not exist", text.Line(path)), "correct PROWTRACE_CONFIG, or unset it"}
		}
		return prow.Instances{}, nil
	}
	if err != nil {
		return prow.Instances{}, usageError{fmt.Errorf("cannot read the config file: %w", err), ""}
	}
	known, err := parseConfig(data)
	if err != nil {
		return prow.Instances{}, usageError{fmt.Errorf("%s:%w", text.Line(path), err), "docs/config.md describes the config file"}
	}
	return known, nil
}

// configFile is the config file. docs/config.md describes it.
type configFile struct {
	Instances []configInstance `yaml:"instances"`
}

// configInstance is one Prow installation in the config file.
type configInstance struct {
	Deck        nameList     `yaml:"deck"`
	Gcsweb      nameList     `yaml:"gcsweb"`
	Through     bool         `yaml:"through-gcsweb"`
	Provider    string       `yaml:"provider"`
	Bucket      string       `yaml:"bucket"`
	Former      nameList     `yaml:"former"`
	Closed      nameList     `yaml:"closed"`
	Endpoint    string       `yaml:"endpoint"`
	Region      string       `yaml:"region"`
	Addressing  string       `yaml:"addressing"`
	Paths       pathStrategy `yaml:"paths"`
	DefaultRepo repository   `yaml:"default-repo"`
	Orgs        nameList     `yaml:"orgs"`
	Jobs        nameList     `yaml:"jobs"`
	Default     bool         `yaml:"default"`
}

func (c configInstance) instance() prow.Instance {
	return prow.Instance{
		Decks: c.Deck, Gcsweb: c.Gcsweb, ThroughGcsweb: c.Through,
		Provider: cmp.Or(c.Provider, prow.DefaultProvider), Bucket: c.Bucket, Former: c.Former, Closed: c.Closed,
		Endpoint: c.Endpoint, Region: c.Region, Addressing: c.Addressing,
		Strategy: prow.Strategy(c.Paths), DefaultOrg: c.DefaultRepo.org, DefaultRepo: c.DefaultRepo.name,
		Orgs: c.Orgs, Jobs: c.Jobs, Default: c.Default,
	}
}

// parseConfig reads a config file. Errors begin with the line that they are about,
// if it is known.
func parseConfig(data []byte) (prow.Instances, error) {
	decoder := yaml.NewDecoder(bytes.NewReader(data))
	decoder.KnownFields(true)
	var file configFile
	if err := decoder.Decode(&file); err != nil && !errors.Is(err, io.EOF) { // EOF: empty, or comments only
		return prow.Instances{}, plainYAML(err)
	}
	var own []prow.Instance
	for _, c := range file.Instances {
		own = append(own, c.instance())
	}
	known, i, err := prow.NewInstances(own)
	if err != nil {
		return prow.Instances{}, fmt.Errorf("%s %w", instanceLine(data, i), err)
	}
	return known, nil
}

// instanceLine is the line, and a colon, where instance i of a config file begins.
func instanceLine(data []byte, i int) string {
	var file struct {
		Instances []yaml.Node `yaml:"instances"`
	}
	if yaml.Unmarshal(data, &file) != nil || i >= len(file.Instances) || file.Instances[i].Line == 0 {
		return ""
	}
	return strconv.Itoa(file.Instances[i].Line) + ":"
}

// nameList holds names. A list of one may be written without a dash.
type nameList []string

// UnmarshalYAML reads one name or a list.
func (l *nameList) UnmarshalYAML(n *yaml.Node) error {
	var names []string
	if n.Kind == yaml.ScalarNode {
		names = make([]string, 1)
		if err := n.Decode(&names[0]); err != nil {
			return err
		}
	} else if err := n.Decode(&names); err != nil {
		return err
	}
	for i, name := range names {
		if name != "" {
			continue
		}
		if n.Kind == yaml.SequenceNode {
			n = n.Content[i]
		}
		return invalidNode(n, "empty name")
	}
	*l = names
	return nil
}

// pathStrategy is Prow's path_strategy.
type pathStrategy prow.Strategy

// UnmarshalYAML reads the name of a strategy.
func (s *pathStrategy) UnmarshalYAML(n *yaml.Node) error {
	switch n.Value {
	case "explicit":
		*s = pathStrategy(prow.Explicit)
	case "legacy":
		*s = pathStrategy(prow.Legacy)
	case "single":
		*s = pathStrategy(prow.Single)
	default:
		return invalidNode(n, "invalid paths: use explicit, legacy or single, as in Prow's path_strategy")
	}
	return nil
}

type repository struct{ org, name string }

// UnmarshalYAML reads ORG/REPO.
func (r *repository) UnmarshalYAML(n *yaml.Node) error {
	org, name, ok := strings.Cut(n.Value, "/")
	if !ok || org == "" || name == "" || strings.Contains(name, "/") {
		return invalidNode(n, "invalid default-repo: write ORG/REPO")
	}
	*r = repository{org, name}
	return nil
}

// invalidNode is an error about a node that the decoder collects with its own.
func invalidNode(n *yaml.Node, what string) error {
	return &yaml.TypeError{Errors: []string{fmt.Sprintf("line %d: %s", n.Line, what)}}
}

// plainYAML says the first error of the YAML library without the names of Go types.
func plainYAML(err error) error {
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	var typeError *yaml.TypeError
	if errors.As(err, &typeError) && len(typeError.Errors) > 0 {
		message = typeError.Errors[0]
	}
	line := " "
	if m := yamlLine.FindStringSubmatch(message); m != nil {
		line, message = m[1]+": ", m[2]
	}
	if m := yamlUnknown.FindStringSubmatch(message); m != nil {
		message = "unknown key " + text.Quote(m[1], maxQuoted)
	} else if m := yamlDuplicate.FindStringSubmatch(message); m != nil {
		key, err := strconv.Unquote(m[1])
		if err != nil {
			key = m[1]
		}
		message = "duplicate key " + text.Quote(key, maxQuoted)
	} else if m := yamlType.FindStringSubmatch(message); m != nil {
		switch m[1] {
		case "bool":
			message = "expected true or false"
		case "string":
			message = "expected a name"
		case "[]string":
			message = "expected a name or a list of names"
		case "[]cli.configInstance":
			message = "expected a list, with a dash before each instance"
		default:
			message = "expected KEY: VALUE"
		}
	}
	return errors.New(line + text.Clip(message, 4*maxQuoted))
}

// Messages of the YAML library.
var (
	yamlLine      = regexp.MustCompile(`(?s)^line (\d+): (.*)$`)
	yamlUnknown   = regexp.MustCompile(`(?s)^field (.*) not found in type \S+$`)
	yamlDuplicate = regexp.MustCompile(`(?s)^mapping key (".*") already defined at line \d+$`)
	yamlType      = regexp.MustCompile(`(?s)^cannot unmarshal .* into (\S+)$`)
)

// readBounded reads a file of at most limit bytes.
func readBounded(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = errors.New("larger than " + text.Size(limit))
	}
	return data, err
}
