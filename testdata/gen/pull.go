package main

import "time"

// The other runs of the pull request whose unit tests fail: at its newest commit the same test fails in another job, one
// job passes where it failed at the commit before, one goes on, and one has not run since then.

// earlierSHA is the commit of the pull request before its newest.
const earlierSHA = "41d8e07a6b3c952f10e8d7c4b5a69382f7e6d0c1"

func pullRuns() []*prowRun {
	before := scriptRun("pull-kops-verify", "1900070000000000005", "0c5e8a17-94d2-4b6f-8e30-7a1b2c3d4e5f", earlierSHA)
	before.failure = "exit status 1"
	p := newPrinter(before.build, before.times().test)
	p.line("+ hack/verify-gofmt.sh")
	p.wait(20 * time.Second)
	p.line("pkg/model/gcemodel/second_disk.go needs gofmt -w")
	p.entrypointFailed()
	before.log, before.ended = p.Bytes(), p.now

	older := scriptRun("pull-kops-docs", "1900070000000000006", "1d6f9b28-a5e3-4c70-9f41-8b2c3d4e5f60", earlierSHA)
	older.failure, older.log, older.ended = before.failure, before.log, before.ended

	passed := scriptRun("pull-kops-verify", "1900100000000000005", "2e70ac39-b6f4-4d81-a052-9c3d4e5f6071", pullSHA)
	p = newPrinter(passed.build, passed.times().test)
	p.line("+ hack/verify-gofmt.sh")
	p.wait(50 * time.Second)
	p.line("all files are formatted")
	passed.log, passed.ended = p.Bytes(), p.now

	return []*prowRun{
		before, older, passed, scriptRun("pull-kops-images", "1900100000000000006", "3f81bd4a-c705-4e92-b163-ad4e5f607182", pullSHA),
		goTestRun("pull-kops-unit-go-arm64", "1900100000000000007", "4092ce5b-d816-4fa3-8274-be5f60718293"),
	}
}

// scriptRun is a run of a script for the pull request, at a commit of it.
func scriptRun(job, build, uuid, sha string) *prowRun {
	r := secondDiskRun(job, build, uuid, sha)
	r.args = []string{"bash", "-x", "hack/" + job + ".sh"}
	return r
}
