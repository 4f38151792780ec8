// Command gen generates the Go code for Jaeger's remote storage protocols into
// the folders beside it. It needs no protoc: the .proto files are compiled by
// protocompile and handed to the usual plugins, at the versions in go.mod.
//
//	go run .          write the files
//	go run . -check   fail if they differ from what is there
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/protoutil"
	_ "github.com/google/gnostic/openapiv3" // registers the annotations that jaeger-idl imports
	_ "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/pluginpb"
)

const (
	module = "prowtrace/internal/jaegerpb"
	idl    = "github.com/jaegertracing/jaeger-idl@v0.14.0" // has no Go package to import for these files
)

// targets are the files to generate, with the Go package of each: those of
// jaeger-idl name none that could be imported.
var targets = []struct{ file, pkg string }{
	{"modelv2/model.proto", "modelv2"},
	{"storagev1/storage.proto", "storagev1"},
	{"expression/v1/expression.proto", "expressionv1"},
	{"storage/v2/trace_storage.proto", "storagev2"},
	{"storage/v2/dependency_storage.proto", "storagev2"},
	{"storage/v2/capabilities.proto", "storagev2"},
}

var plugins = []string{"protoc-gen-go", "protoc-gen-go-grpc"}

func main() {
	log.SetFlags(0)
	check := flag.Bool("check", false, "fail if the generated files are not up to date")
	flag.Parse()
	if err := run(context.Background(), *check); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context, check bool) error {
	request, err := compile(ctx)
	if err != nil {
		return err
	}
	var stale []string
	for _, plugin := range plugins {
		files, err := generate(ctx, plugin, request)
		if err != nil {
			return err
		}
		for _, f := range files {
			path := filepath.Join("..", filepath.FromSlash(strings.TrimPrefix(f.GetName(), module+"/")))
			have, _ := os.ReadFile(path)
			if bytes.Equal(have, []byte(f.GetContent())) {
				continue
			}
			if check {
				stale = append(stale, path)
			} else if err := os.WriteFile(path, []byte(f.GetContent()), 0o644); err != nil {
				return err
			}
		}
	}
	if stale != nil {
		return fmt.Errorf("not up to date, run make generate: %s", strings.Join(stale, ", "))
	}
	return nil
}

// compile gives the request that protoc would hand to its plugins.
func compile(ctx context.Context) (*pluginpb.CodeGeneratorRequest, error) {
	dir, err := moduleDir(ctx, idl)
	if err != nil {
		return nil, err
	}
	compiler := protocompile.Compiler{Resolver: protocompile.CompositeResolver{
		&protocompile.SourceResolver{ImportPaths: []string{"..", filepath.Join(dir, "proto")}},
		protocompile.ResolverFunc(registered),
	}}
	request := &pluginpb.CodeGeneratorRequest{}
	var parameters []string
	for _, t := range targets {
		request.FileToGenerate = append(request.FileToGenerate, t.file)
		parameters = append(parameters, "M"+t.file+"="+module+"/"+t.pkg+";"+t.pkg)
	}
	request.Parameter = proto.String(strings.Join(parameters, ","))
	compiled, err := compiler.Compile(ctx, request.FileToGenerate...)
	if err != nil {
		return nil, fmt.Errorf("compiling: %w", err)
	}
	seen := map[string]bool{}
	for _, f := range compiled {
		add(request, f, seen)
	}
	return request, nil
}

// moduleDir gives the folder of a module in the module cache.
func moduleDir(ctx context.Context, module string) (string, error) {
	out, err := exec.CommandContext(ctx, "go", "mod", "download", "-json", module).Output()
	if err != nil {
		return "", fmt.Errorf("downloading %s: %w: %s", module, err, out)
	}
	var downloaded struct{ Dir string }
	if err := json.Unmarshal(out, &downloaded); err != nil {
		return "", fmt.Errorf("downloading %s: %w", module, err)
	}
	return downloaded.Dir, nil
}

// registered finds the files that Go packages have registered: OTLP's and
// protobuf's own, and gnostic's annotations, which jaeger-idl imports under
// another path.
func registered(path string) (protocompile.SearchResult, error) {
	f, err := protoregistry.GlobalFiles.FindFileByPath(strings.TrimPrefix(path, "gnostic/"))
	if err != nil {
		return protocompile.SearchResult{}, err
	}
	file := protodesc.ToFileDescriptorProto(f)
	file.Name = proto.String(path)
	return protocompile.SearchResult{Proto: file}, nil
}

// optional reports whether a file only declares annotations: the code is
// generated without them, so that it needs no package for them.
func optional(path string) bool {
	return strings.HasPrefix(path, "gnostic/") || path == "expression/v1/vocabulary.proto"
}

// add puts a file into the request after those it imports.
func add(request *pluginpb.CodeGeneratorRequest, f protoreflect.FileDescriptor, seen map[string]bool) {
	if seen[f.Path()] {
		return
	}
	seen[f.Path()] = true
	imports := f.Imports()
	for i := range imports.Len() {
		if !optional(imports.Get(i).Path()) {
			add(request, imports.Get(i).FileDescriptor, seen)
		}
	}
	file := proto.Clone(protoutil.ProtoFromFileDescriptor(f)).(*descriptorpb.FileDescriptorProto)
	file.SourceCodeInfo = nil
	kept := file.Dependency[:0]
	for _, d := range file.Dependency {
		if !optional(d) {
			kept = append(kept, d)
		}
	}
	file.Dependency = kept
	stripAnnotations(file.ProtoReflect())
	request.ProtoFile = append(request.ProtoFile, file)
}

// stripAnnotations takes the extensions out of all options in m.
func stripAnnotations(m protoreflect.Message) {
	m.SetUnknown(nil)
	m.Range(func(fd protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case fd.IsExtension():
			m.Clear(fd)
		case fd.IsList() && fd.Message() != nil:
			for i := range v.List().Len() {
				stripAnnotations(v.List().Get(i).Message())
			}
		case fd.Message() != nil && !fd.IsMap():
			stripAnnotations(v.Message())
		}
		return true
	})
}

// generate runs a plugin as protoc does: a request in, a response out.
func generate(ctx context.Context, plugin string, request *pluginpb.CodeGeneratorRequest) ([]*pluginpb.CodeGeneratorResponse_File, error) {
	in, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "go", "tool", plugin)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("running %s: %w", plugin, err)
	}
	var response pluginpb.CodeGeneratorResponse
	if err := proto.Unmarshal(out, &response); err != nil {
		return nil, fmt.Errorf("reading the answer of %s: %w", plugin, err)
	}
	if response.Error != nil {
		return nil, errors.New(plugin + ": " + response.GetError())
	}
	return response.File, nil
}
