package viewer

import (
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"strings"
)

// The modules' imports and exports, in the one form in which the page has them.
var (
	importNow   = regexp.MustCompile(`(?m)^import (\{ \w+(?:, \w+)* \}) from '(\.[^']+)';$`)
	importLater = regexp.MustCompile(`\bimport\('(\.[^']+\.js)'\)`)
	exported    = regexp.MustCompile(`(?m)^export ((?:async )?(?:function|class|const) (\w+))`)
	statement   = regexp.MustCompile(`(?m)^(?:import|export)\b.*$`)
)

// joinModules gives the modules below a folder as they are sent, by name. A browser
// takes milliseconds for each request, however near the server is. So main and all
// that it imports at once are one script, and the modules that are imported later
// take from that script what is in it.
func joinModules(files fs.FS, folder, main string) (map[string][]byte, error) {
	j := joiner{files: files, folder: folder, main: main, joined: map[string]bool{}, sent: map[string][]byte{}}
	j.script.WriteString("// The modules of the first screen, one after the other.\nexport const modules = {};\n")
	if err := j.join(main); err != nil {
		return nil, err
	}
	j.sent[main] = []byte(j.script.String())
	for len(j.later) > 0 {
		name := j.later[0]
		j.later = j.later[1:]
		if err := j.send(name); err != nil {
			return nil, err
		}
	}
	return j.sent, nil
}

type joiner struct {
	files  fs.FS
	folder string
	script strings.Builder // of the joined modules
	main   string
	joined map[string]bool   // modules in the script
	later  []string          // modules that are imported by others than those
	sent   map[string][]byte // main and modules that are not in the script
}

// join adds a module to the script, behind those that it imports.
func (j *joiner) join(name string) error {
	if j.joined[name] {
		return nil
	}
	j.joined[name] = true // no module imports itself by way of others
	text, err := j.read(name)
	if err != nil {
		return err
	}
	for _, m := range importNow.FindAllStringSubmatch(text, -1) {
		if err := j.join(path.Join(path.Dir(name), m[2])); err != nil {
			return err
		}
	}
	var exports []string
	for _, m := range exported.FindAllStringSubmatch(text, -1) {
		exports = append(exports, m[2])
	}
	text = exported.ReplaceAllString(j.imports(name, j.main, text), "$1")
	fmt.Fprintf(&j.script, "\nmodules['%s'] = (() => {\n%s\nreturn { %s };\n})();\n", name, text, strings.Join(exports, ", "))
	return nil
}

// send makes a module that is loaded by itself, once the script is complete.
func (j *joiner) send(name string) error {
	if j.joined[name] || j.sent[name] != nil {
		return nil
	}
	text, err := j.read(name)
	if err != nil {
		return err
	}
	j.sent[name] = []byte("import { modules } from '" + relative(name, j.main) + "';\n" + j.imports(name, name, text))
	return nil
}

// imports writes the imports of a module anew: what is in the script is taken from
// there, what is not is noted to be sent. sent is the name of what holds the text then.
func (j *joiner) imports(name, sent, text string) string {
	text = importNow.ReplaceAllStringFunc(text, func(line string) string {
		m := importNow.FindStringSubmatch(line)
		from := path.Join(path.Dir(name), m[2])
		if j.joined[from] {
			return fmt.Sprintf("const %s = modules['%s'];", m[1], from)
		}
		j.later = append(j.later, from)
		return line
	})
	return importLater.ReplaceAllStringFunc(text, func(call string) string {
		to := path.Join(path.Dir(name), importLater.FindStringSubmatch(call)[1])
		j.later = append(j.later, to)
		return "import('" + relative(sent, to) + "')"
	})
}

// relative is how one module names another.
func relative(from, to string) string {
	if up := strings.Count(from, "/"); up > 0 {
		return strings.Repeat("../", up) + to
	}
	return "./" + to
}

// read gives the text of a module whose imports and exports can be written anew.
func (j *joiner) read(name string) (string, error) {
	text, err := fs.ReadFile(j.files, path.Join(j.folder, name))
	if err != nil {
		return "", err
	}
	for _, line := range statement.FindAllString(string(text), -1) {
		if !importNow.MatchString(line) && !exported.MatchString(line) {
			return "", fmt.Errorf("cannot join module %s: unknown form of import or export: %s", name, line)
		}
	}
	return string(text), nil
}
