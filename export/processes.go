package export

import (
	"fmt"
	"strings"

	"prowtrace/internal/otlpwire"
	"prowtrace/trace"
)

// processes numbers the processes of spans, for tools that draw one process below the other.
// In a joined trace a process is a service in a file, because each process writes a file of
// its own. In other traces it is a resource.
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

// name names the process of a span. In a joined trace it is the name of the job's span for
// the process, which has its command line.
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

// instanceKeys are resource attributes that distinguish instances of a service, the best
// first.
var instanceKeys = []string{"k8s.pod.name", "service.instance.id", "host.name", "container.id"}

// instance names the instance of a service that a resource belongs to, if the resource says
// so.
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
