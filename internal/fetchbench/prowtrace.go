package main

import (
	"context"
	"flag"
	"os"
	"runtime/pprof"

	"prowtrace/fetch"
	"prowtrace/gcs"
	"prowtrace/prow"
)

// runProwtrace fetches the run as the commands of prowtrace do, into an empty cache, until
// the traces are there.
func runProwtrace(args []string) error {
	flags := flag.NewFlagSet("prowtrace", flag.ExitOnError)
	endpoint := flags.String("endpoint", "", "URL of the server")
	dir := flags.String("dir", "", "directory of the cache")
	connections := flags.Int("connections", 0, "0: the default")
	parallel := flags.Int("parallel", 0, "0: the default")
	logs := flags.Bool("logs", false, "let logs come beside the traces")
	profile := flags.String("profile", "", "file for a CPU profile")
	flags.Parse(args)

	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	ctx := context.Background()
	client, err := gcs.New(ctx, gcs.Options{Endpoint: *endpoint, Connections: *connections})
	if err != nil {
		return err
	}
	defer client.Close()
	cache, err := fetch.OpenCache(*dir)
	if err != nil {
		return err
	}
	defer cache.Close()
	var o fetch.Options
	if *parallel > 0 {
		o.Pool = fetch.NewPool(*parallel)
	}
	if *logs {
		o.Logs = &fetch.ArtifactOptions{}
	}
	result, err := cache.Fetch(ctx, client, prow.Run{Provider: "gs", Bucket: bucket, Root: root}, o)
	if err != nil {
		return err
	}
	return result.Close()
}
