package remote

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"prowtrace/internal/jaegerpb/storagev2"
	"prowtrace/internal/panics"
	"prowtrace/serve/remote/storage"
	"prowtrace/trace"
	"prowtrace/trace/query"
)

// A Run is one of several whose traces are served together.
type Run struct {
	Shared     *trace.Shared
	Job, Build string
	Release    func() // called once, when a request does not use the run any more
}

// NewRunsServer gives a gRPC server for the runs that are loaded when a request comes: runs
// gives them, and is called once for each request. A search by the attributes prow.job and
// prow.build asks only the runs of these. It speaks jaeger.storage.v2 alone, without pages of
// answers, summaries and searches for spans, and says so in its capabilities.
//
// A fault of the program ends the request that met it, with codes.Internal, and nothing else.
// met hears of it, with the method that was asked.
func NewRunsServer(runs func() []Run, met func(method string, e *panics.Error)) *grpc.Server {
	s := grpc.NewServer(append(guards(met), grpc.ForceServerCodecV2(storage.Codec{}), grpc.WaitForHandlers(true))...)
	r := &runsV2{runs: runs}
	storagev2.RegisterTraceReaderServer(s, r)
	storagev2.RegisterDependencyReaderServer(s, &runsDependencies{r: r})
	storagev2.RegisterCapabilitiesServer(s, &runsCapabilities{})
	healthpb.RegisterHealthServer(s, health.NewServer())
	return s
}

// guards make a panic of a request its error.
func guards(met func(method string, e *panics.Error)) []grpc.ServerOption {
	guard := func(method string, handle func() error) error {
		err := panics.Guard(handle)
		if e := (*panics.Error)(nil); errors.As(err, &e) {
			met(method, e)
			return status.Error(codes.Internal, e.Error())
		}
		return err
	}
	return []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(func(ctx context.Context, in any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (out any, err error) {
			err = guard(info.FullMethod, func() error {
				out, err = handle(ctx, in)
				return err
			})
			return out, err
		}),
		grpc.ChainStreamInterceptor(func(server any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
			return guard(info.FullMethod, func() error { return handle(server, stream) })
		}),
	}
}

// runsV2 is jaeger.storage.v2's TraceReader over several runs.
type runsV2 struct {
	storagev2.UnimplementedTraceReaderServer
	runs func() []Run
}

// viewed is a run as one request sees it.
type viewed struct {
	Run
	view *trace.View
}

// open gives the runs that a request is about, and what ends their use.
func (r *runsV2) open(wanted func(Run) bool) (all []viewed, release func()) {
	var releases []func()
	for _, run := range r.runs() {
		view, let := run.Shared.Acquire()
		releases = append(releases, func() { let(); run.Release() })
		if view != nil && wanted(run) {
			all = append(all, viewed{run, view})
		}
	}
	return all, func() {
		for _, f := range releases {
			f()
		}
	}
}

func whichever(Run) bool { return true }

// ofRuns takes from a search what says which runs it is about.
func ofRuns(q query.Query) (query.Query, func(Run) bool) {
	asked := map[string]string{}
	q.Attributes = slices.DeleteFunc(slices.Clone(q.Attributes), func(a trace.Attribute) bool {
		of := map[string]string{"prow.job": "job", "prow.build": "build", "prow.build_id": "build"}[a.Key]
		if of != "" {
			asked[of] = a.Value
		}
		return of != ""
	})
	return q, func(r Run) bool {
		return (asked["job"] == "" || asked["job"] == r.Job) && (asked["build"] == "" || asked["build"] == r.Build)
	}
}

func (r *runsV2) GetTraces(req *storagev2.GetTracesRequest, stream grpc.ServerStreamingServer[v1.TracesData]) error {
	all, release := r.open(whichever)
	defer release()
	sent := map[trace.TraceID]bool{}
	for _, q := range req.GetQuery() {
		id, err := storage.ParseTraceID(q.GetTraceId())
		if err != nil {
			return err
		}
		for _, run := range all {
			t, ok := run.view.Lookup(id)
			if !ok || sent[id] {
				continue
			}
			sent[id] = true
			p := splicer{view: run.view}
			if err := p.trace(t, storage.SendTo(stream)); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *runsV2) GetServices(context.Context, *storagev2.GetServicesRequest) (*storagev2.GetServicesResponse, error) {
	all, release := r.open(whichever)
	defer release()
	names := map[string]bool{}
	for _, run := range all {
		for _, name := range storage.Services(run.view) {
			names[strings.Clone(name)] = true // the answer outlives the view
		}
	}
	return &storagev2.GetServicesResponse{Services: storage.Fit(slices.Sorted(maps.Keys(names)), storage.AnswerSize, func(name string) int { return len(name) + 8 })}, nil
}

func (r *runsV2) GetOperations(_ context.Context, req *storagev2.GetOperationsRequest) (*storagev2.GetOperationsResponse, error) {
	all, release := r.open(whichever)
	defer release()
	seen := map[trace.Operation]bool{}
	resp := &storagev2.GetOperationsResponse{}
	for _, run := range all {
		ops, err := storage.Operations(run.view, req.GetService(), req.GetSpanKind())
		if err != nil {
			return nil, err
		}
		for _, op := range ops {
			if op.Name = strings.Clone(op.Name); !seen[op] {
				seen[op] = true
				resp.Operations = append(resp.Operations, &storagev2.Operation{Name: op.Name, SpanKind: op.Kind.String()})
			}
		}
	}
	resp.Operations = storage.Fit(resp.Operations, storage.AnswerSize, func(op *storagev2.Operation) int { return len(op.Name) + len(op.SpanKind) + 16 })
	return resp, nil
}

// foundIn is a trace that was found, and where.
type foundIn struct {
	run viewed
	trace.Trace
}

// find gives the traces of all runs that match, newest first. The runs are used until release.
func (r *runsV2) find(ctx context.Context, params *storagev2.TraceQueryParameters) (found []foundIn, release func(), err error) {
	if params.GetPagination() != nil {
		return nil, func() {}, status.Error(codes.InvalidArgument, "the answers of several runs have no pages: use search_depth")
	}
	q, err := queryV2(params)
	if err != nil {
		return nil, func() {}, err
	}
	q, wanted := ofRuns(q)
	all, release := r.open(wanted)
	for _, run := range all {
		some, err := storage.Find(ctx, run.view, q)
		if err != nil {
			release()
			return nil, func() {}, err
		}
		for _, t := range some {
			found = append(found, foundIn{run, t})
		}
	}
	slices.SortStableFunc(found, func(a, b foundIn) int { return cmp.Compare(b.Start, a.Start) })
	if q.Limit > 0 {
		found = found[:min(len(found), q.Limit)]
	}
	return found, release, nil
}

func (r *runsV2) FindTraces(req *storagev2.FindTracesRequest, stream grpc.ServerStreamingServer[v1.TracesData]) error {
	found, release, err := r.find(stream.Context(), req.GetQuery())
	defer release()
	if err != nil {
		return err
	}
	for _, f := range found {
		p := splicer{view: f.run.view}
		if err := p.trace(f.Trace, storage.SendTo(stream)); err != nil {
			return err
		}
	}
	return nil
}

func (r *runsV2) FindTraceIDs(ctx context.Context, req *storagev2.FindTraceIDsRequest) (*storagev2.FindTraceIDsResponse, error) {
	found, release, err := r.find(ctx, req.GetQuery())
	defer release()
	if err != nil {
		return nil, err
	}
	resp := &storagev2.FindTraceIDsResponse{}
	for _, f := range found[:min(len(found), mostIDs)] {
		resp.TraceIds = append(resp.TraceIds, &storagev2.FoundTraceID{TraceId: slices.Clone(f.ID[:]), Start: storage.Timestamp(f.Start), End: storage.Timestamp(f.End)})
	}
	return resp, nil
}

// runsDependencies is jaeger.storage.v2's DependencyReader over several runs.
type runsDependencies struct {
	storagev2.UnimplementedDependencyReaderServer
	r *runsV2
}

func (d *runsDependencies) GetDependencies(_ context.Context, req *storagev2.GetDependenciesRequest) (*storagev2.GetDependenciesResponse, error) {
	all, release := d.r.open(whichever)
	defer release()
	type call struct{ parent, child, source string }
	counts := map[call]uint64{}
	for _, run := range all {
		calls, err := storage.Calls(run.view, req.GetStartTime(), req.GetEndTime())
		if err != nil {
			return nil, err
		}
		for _, c := range calls {
			counts[call{strings.Clone(c.Parent), strings.Clone(c.Child), strings.Clone(c.Source)}] += c.Count
		}
	}
	resp := &storagev2.GetDependenciesResponse{}
	order := slices.SortedFunc(maps.Keys(counts), func(a, b call) int {
		return cmp.Or(cmp.Compare(a.parent, b.parent), cmp.Compare(a.child, b.child), cmp.Compare(a.source, b.source))
	})
	for _, c := range storage.Fit(order, storage.AnswerSize, func(c call) int { return len(c.parent) + len(c.child) + len(c.source) + 32 }) {
		resp.Dependencies = append(resp.Dependencies, &storagev2.Dependency{Parent: c.parent, Child: c.child, CallCount: counts[c], Source: c.source})
	}
	return resp, nil
}

// runsCapabilities is what a search over several runs may ask for.
type runsCapabilities struct {
	storagev2.UnimplementedCapabilitiesServer
}

func (*runsCapabilities) GetCapabilities(ctx context.Context, req *storagev2.GetCapabilitiesRequest) (*storagev2.GetCapabilitiesResponse, error) {
	resp, err := (&capabilitiesV2{}).GetCapabilities(ctx, req)
	if err == nil {
		resp.Search.Paginated, resp.Search.SpanSearch, resp.Search.SpanSorting = false, false, false
	}
	return resp, err
}
