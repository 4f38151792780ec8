package export

import (
	"fmt"
	"strings"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// processes numbers the processes that spans belong to, for tools that draw one below the
// other. In a joined trace a service in a file is a process, because each process writes a
// file of its own; in others, a resource.
type processes struct {
	view   *trace.View
	number map[processKey]int
	names  []string // by number
}

type processKey struct {
	trace    int // index of the joined trace; -1 for a resource
	service  uint32
	source   string
	resource int
}

func newProcesses(v *trace.View) *processes {
	return &processes{view: v, number: map[processKey]int{}}
}

// of gives the number of the process of span i.
func (p *processes) of(t Tree, i int) int {
	resource := t.Resource(i)
	key := processKey{trace: -1, resource: resource}
	if t.Joined() {
		key = processKey{trace: t.Trace.Index, service: p.view.ServiceNumber(resource), source: t.Source(i)}
	}
	n, known := p.number[key]
	if !known {
		n = len(p.names)
		p.number[key] = n
		p.names = append(p.names, p.name(t, i))
	}
	return n
}

// name names the process of a span: in a joined trace as the job's span of the process is
// named, which has its command line.
func (p *processes) name(t Tree, i int) string {
	service := t.ReportedService(i)
	if !t.Joined() {
		return service + p.instance(t.Resource(i))
	}
	if t.Own(i) {
		return service
	}
	for at := i; at >= 0; at = t.Parent(at) {
		if t.Own(at) {
			return t.Span(at).Name
		}
	}
	return service
}

// instanceKeys are resource attributes that tell instances of a service apart, the best
// first.
var instanceKeys = []string{"k8s.pod.name", "service.instance.id", "host.name", "container.id"}

// instance says in words which instance of a service a resource is, as far as it tells.
func (p *processes) instance(resource int) string {
	wire, _ := p.view.EncodedResource(resource)
	values := map[string]string{}
	all := otlpwire.ReadAttributes(wire, 1)
	for key, value, ok := all.Next(); ok; key, value, ok = all.Next() {
		values[string(key)] = trace.EncodedText(value)
	}
	var said []string
	for _, key := range instanceKeys {
		if values[key] != "" {
			said = append(said, values[key])
			break
		}
	}
	if pid := values["process.pid"]; pid != "" {
		said = append(said, "pid "+pid)
	}
	if len(said) == 0 {
		return ""
	}
	return fmt.Sprintf(" (%s)", strings.Join(said, ", "))
}
