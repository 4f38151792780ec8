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

// A Signature is a known error.
type Signature struct {
	// ID names the signature for good: words of a-z, 0-9 and hyphens. Findings with this
	// signature are counted by the ID over several runs.
	ID string

	// Title says what happened, in at most 100 characters. ${name} stands for the match of
	// the group with that name in Pattern.
	Title string

	Category Category
	Next     string // what to do
	Link     string // further information; may be ""

	// Pattern is matched within one line of a log, of a failed test case, or of a span's
	// status or exception.
	Pattern *regexp.Regexp

	// Attributes are keys of span attributes. If there are some, the pattern is matched only
	// with their values.
	Attributes []string

	Examples []string // must match
	Not      []string // must not match

	literals []literal // each match has one of them
}

// Bounds on what is read.
const (
	maxSignatures = 2000
	longestTitle  = 100 // characters that are shown
	longestLine   = 64 << 10
	shortest      = 4 // bytes, of a literal
)

//go:embed signatures.yaml
var builtIn []byte

// BuiltIn reads the signatures that are part of prowtrace.
func BuiltIn() ([]*Signature, error) { return Read("signatures.yaml", bytes.NewReader(builtIn)) }

// signatureFile is a signature in its file format.
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

// Read reads a file of signatures: a list in YAML. An error names the file by name, the line
// and the signature, and it lists all invalid signatures. Read does not try the examples.
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

// decodeKnown decodes a signature. An unknown field is an error.
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

// unmarshalling is what the YAML reader writes in addition to the fault.
var unmarshalling = regexp.MustCompile(`yaml: (unmarshal errors:\s*)?|line \d+: `)

// words lists categories in a sentence.
func words(all []Category) string {
	var list []string
	for _, c := range all {
		list = append(list, string(c))
	}
	return strings.Join(list, ", ")
}

// Check tries the examples. Its error lists those that should match and do not, and those
// that should not match and do.
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

// match gives the places of the pattern's groups, or nil if the pattern does not match.
func (s *Signature) match(line []byte) []int {
	return s.Pattern.FindSubmatchIndex(line[:min(len(line), longestLine)])
}

var inTitle = regexp.MustCompile(`\$\{(\w+)\}`)

// title fills in the title for a match. Text from the line is made safe and cut. A part of a
// secret would not be recognized as one, so the text contains none.
func (s *Signature) title(line []byte, match []int) string {
	line, match = s.secretless(line, match)
	whole := inTitle.ReplaceAllStringFunc(s.Title, func(group string) string {
		i := 2 * s.Pattern.SubexpIndex(group[2:len(group)-1])
		if match[i] < 0 {
			return ""
		}
		return text.Line(string(line[match[i]:min(match[i+1], match[i]+longestTitle)]))
	})
	return text.Clip(whole, longestTitle-1) // plus a sign that it was cut
}

// titleBytes is how far after a match a secret is looked for that overlaps with it, in
// bytes.
const titleBytes = 1000

// secretless gives a line and the places of the pattern's groups, without the secrets in the
// line. If the pattern matches only because of a secret, the whole match is hidden.
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
