// Package jaegerpb and the packages below it hold generated code for Jaeger's
// remote storage protocols: storagev2 and expressionv1 from the .proto files of
// module github.com/jaegertracing/jaeger-idl, storagev1 and modelv2 from the
// .proto files beside them. They hold nothing written by hand.
//
// Run make generate after changing a .proto file or the version of jaeger-idl
// in gen/main.go; make test fails when the generated files are not up to date.
package jaegerpb
