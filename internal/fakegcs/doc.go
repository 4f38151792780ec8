// Package fakegcs holds tests of the storage reader against fake-gcs-server, an
// implementation of Cloud Storage that is independent of this project.
// [prowtrace/internal/gcstest] has the faults and the paging rules that it lacks.
package fakegcs
