// Package triage knows how runs fail: the categories of causes, and the signatures of known
// errors.
//
// What it promises: a signature names an error and says what to do next; it never decides
// alone what broke first. Signatures are data: [BuiltIn] has those that everybody needs, and
// [Read] reads further ones. Each has texts that it must match and texts that it must not
// match, which [Signature.Check] tries.
//
// What it never does: read files or send requests, believe what a text says about itself, or
// hide secrets.
package triage

// Category is the kind of a failure's cause.
type Category string

const (
	Quota      Category = "quota"      // an account may not have more of something
	Capacity   Category = "capacity"   // a cloud has no more of something
	Throttling Category = "throttling" // too many requests in too short a time
	Image      Category = "image"      // a machine or container image that cannot be found, pulled or started
	Dependency Category = "dependency" // a registry, download, package, name or address outside of the job
	Config     Category = "config"     // a wrong flag, version, manifest or permission
	Infra      Category = "infra"      // Prow's own cluster: pod evicted, node lost, clone failed
	Node       Category = "node"       // a node of the cluster under test
	OOM        Category = "oom"        // memory used up
	Timeout    Category = "timeout"    // a budget of time used up
	Test       Category = "test"       // an assertion
	Product    Category = "product"    // a panic, a crash, a regression
	Cleanup    Category = "cleanup"    // something was left behind, or cannot be removed
	Aborted    Category = "aborted"    // a person or a program ended the run
	None       Category = "none"       // the run passed
	Unknown    Category = "unknown"
)

// categories are those that a signature can have.
var categories = []Category{Quota, Capacity, Throttling, Image, Dependency, Config, Infra, Node, OOM, Timeout, Test, Product, Cleanup, Aborted}
