package triage

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"prowtrace/internal/mask"
	"prowtrace/internal/text"
)

// A Signature is an error that is known.
type Signature struct {
	// ID names the signature for good: words of a-z, 0-9 and hyphens. A finding that has one
	// is counted by it over runs.
	ID string

	// Title says what happened, in at most 100 characters. ${name} stands for what the
	// group of that name in Pattern matched.
	Title string

	Category Category
	Next     string // what to do
	Link     string // where more is said; may be ""

	// Pattern is matched within one line: of a log, of a failed test case, of a status or
	// an exception of a span.
	Pattern *regexp.Regexp

	// Attributes are keys of span attributes. Where there are some, the pattern is matched
	// with their values, and with nothing else.
	Attributes []string

	Examples []string // that must match
	Not      []string // that must not

	literals []literal // each match has one of them
}

// Bounds on what is read.
const (
	maxSignatures = 2000
	longestTitle  = 100 // characters, of what is shown
	longestLine   = 64 << 10
	shortest      = 4 // bytes, of a literal
)

//go:embed signatures.yaml
var builtIn []byte

// BuiltIn reads the signatures that prowtrace comes with.
func BuiltIn() ([]*Signature, error) { return Read("signatures.yaml", bytes.NewReader(builtIn)) }

// signatureFile is a signature as it is written.
type signatureFile struct {
	ID         string   `yaml:"id"`
	Title      string   `yaml:"title"`
	Category   Category `yaml:"category"`
	Pattern    string   `yaml:"pattern"`
	Attributes []string `yaml:"attributes"`
	Next       string   `yaml:"next"`
	Link       string   `yaml:"link"`
	Examples   []string `yaml:"examples"`
	Not        []string `yaml:"not"`
}

// Read reads a file of signatures: a list in YAML. An error names the file by name, the
// line, and the signature; it tells of all that are wrong. It does not try the examples.
func Read(name string, r io.Reader) ([]*Signature, error) {
	name = text.Line(name)
	var list []yaml.Node
	decoder := yaml.NewDecoder(r)
	if err := decoder.Decode(&list); err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("cannot read %s as a list of signatures: %s", name, text.Line(strings.TrimPrefix(err.Error(), "yaml: ")))
	}
	if len(list) > maxSignatures {
		return nil, fmt.Errorf("cannot read %s: it has %d signatures, at most %d are allowed", name, len(list), maxSignatures)
	}
	var all []*Signature
	var wrong []error
	lines := map[string]int{} // of each id
	for i := range list {
		node := &list[i]
		s, err := readSignature(node)
		if err == nil && lines[s.ID] > 0 {
			err = fmt.Errorf("duplicate signature %s: first in line %d", s.ID, lines[s.ID])
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s:%d: %w", name, node.Line, err))
			continue
		}
		lines[s.ID] = node.Line
		all = append(all, s)
	}
	if len(wrong) > 0 {
		return nil, errors.Join(wrong...)
	}
	return all, nil
}

var validID = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

func readSignature(node *yaml.Node) (*Signature, error) {
	var f signatureFile
	if err := decodeKnown(node, &f); err != nil {
		return nil, err
	}
	label := text.Quote(f.ID, 60)
	switch {
	case !validID.MatchString(f.ID):
		return nil, fmt.Errorf("id %s: want words of a-z and 0-9 with hyphens between them", label)
	case f.Title == "" || f.Next == "" || f.Pattern == "":
		return nil, fmt.Errorf("signature %s: title, pattern and next are all needed", f.ID)
	case !slices.Contains(categories, f.Category):
		return nil, fmt.Errorf("signature %s: category %s: want one of %s", f.ID, text.Quote(string(f.Category), 60), words(categories))
	case len(f.Examples) == 0 || len(f.Not) == 0:
		return nil, fmt.Errorf("signature %s: give a text in examples that it must match, and one in not that it must not match", f.ID)
	case f.Link != "" && !strings.HasPrefix(f.Link, "https://"):
		return nil, fmt.Errorf("signature %s: link %s: want an address that begins with https://", f.ID, text.Quote(f.Link, 60))
	}
	pattern, err := regexp.Compile(f.Pattern)
	if err != nil {
		return nil, fmt.Errorf("signature %s: pattern: %w", f.ID, err)
	}
	literals := requiredLiterals(f.Pattern)
	if len(literals) == 0 {
		return nil, fmt.Errorf("signature %s: pattern %s: want a word of at least %d characters that all matches contain", f.ID, text.Quote(f.Pattern, 100), shortest)
	}
	for _, m := range inTitle.FindAllStringSubmatch(f.Title, -1) {
		if pattern.SubexpIndex(m[1]) < 0 {
			return nil, fmt.Errorf("signature %s: the title has ${%s}, the pattern no group (?P<%s>…)", f.ID, m[1], m[1])
		}
	}
	return &Signature{f.ID, f.Title, f.Category, f.Next, f.Link, pattern, f.Attributes, f.Examples, f.Not, literals}, nil
}

// decodeKnown decodes a signature; a field that is not known is an error.
func decodeKnown(node *yaml.Node, into *signatureFile) error {
	if node.Kind == yaml.MappingNode {
		for i := 0; i < len(node.Content); i += 2 {
			if key := node.Content[i].Value; !slices.Contains(fields, key) {
				return fmt.Errorf("a signature has no field %s: want some of %s", text.Quote(key, 60), strings.Join(fields, ", "))
			}
		}
	}
	if err := node.Decode(into); err != nil {
		return fmt.Errorf("cannot read the signature: %s", text.Line(unmarshalling.ReplaceAllString(err.Error(), "")))
	}
	return nil
}

var fields = []string{"id", "title", "category", "pattern", "attributes", "next", "link", "examples", "not"}

// unmarshalling is what the reader of YAML says besides the fault.
var unmarshalling = regexp.MustCompile(`yaml: (unmarshal errors:\s*)?|line \d+: `)

// words lists categories in a sentence.
func words(all []Category) string {
	var list []string
	for _, c := range all {
		list = append(list, string(c))
	}
	return strings.Join(list, ", ")
}

// Check tries the examples: it tells of those that should match and do not, and the other
// way round.
func (s *Signature) Check() error {
	var wrong []error
	for _, e := range s.Examples {
		switch m := s.match([]byte(e)); {
		case m == nil:
			wrong = append(wrong, fmt.Errorf("signature %s does not match its example %s", s.ID, text.Quote(e, 200)))
		case len([]rune(s.title([]byte(e), m))) > longestTitle:
			wrong = append(wrong, fmt.Errorf("signature %s: the title is longer than %d characters for %s", s.ID, longestTitle, text.Quote(e, 200)))
		}
	}
	for _, e := range s.Not {
		if s.match([]byte(e)) != nil {
			wrong = append(wrong, fmt.Errorf("signature %s matches what it must not: %s", s.ID, text.Quote(e, 200)))
		}
	}
	return errors.Join(wrong...)
}

// match gives where the pattern's groups match, nil where it does not.
func (s *Signature) match(line []byte) []int {
	return s.Pattern.FindSubmatchIndex(line[:min(len(line), longestLine)])
}

var inTitle = regexp.MustCompile(`\$\{(\w+)\}`)

// title fills in the title for a match: what the line says is made safe and cut. A part of a
// secret would be known for one by nobody, so what is taken out of the line has none.
func (s *Signature) title(line []byte, match []int) string {
	line, match = s.secretless(line, match)
	whole := inTitle.ReplaceAllStringFunc(s.Title, func(group string) string {
		i := 2 * s.Pattern.SubexpIndex(group[2:len(group)-1])
		if match[i] < 0 {
			return ""
		}
		return text.Line(string(line[match[i]:min(match[i+1], match[i]+longestTitle)]))
	})
	return text.Clip(whole, longestTitle-1) // and a sign that it was cut
}

// titleBytes is how far behind a match a secret is looked for that reaches into it.
const titleBytes = 1000

// secretless gives a line and where the pattern's groups match, without the secrets in it. What
// matches by a secret only is hidden as a whole.
func (s *Signature) secretless(line []byte, match []int) ([]byte, []int) {
	if !strings.Contains(s.Title, "${") {
		return line, match
	}
	end := min(len(line), match[1]+titleBytes)
	masked := []byte(mask.Text(string(line[:end])))
	if bytes.Equal(masked, line[:end]) {
		return line, match
	}
	if again := s.match(masked); again != nil {
		return masked, again
	}
	for i := range match {
		match[i] = (i % 2) * len(mask.Mark)
	}
	return []byte(mask.Mark), match
}
