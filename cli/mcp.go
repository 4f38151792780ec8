package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"prowtrace/prow"
	"prowtrace/serve/mcp"
	"prowtrace/session"
	"prowtrace/trace/join"
)

// mcpCommand offers tools to agents.
type mcpCommand struct {
	request
	local  bool
	answer int
}

// newMCP makes the command that serves one agent on standard input and output.
func newMCP(s Streams) *cobra.Command {
	m := &mcpCommand{request: newRequest(s), answer: mcp.DefaultAnswer}
	c := &cobra.Command{
		Use:   "mcp",
		Short: "Serve tools to an agent over the Model Context Protocol",
		Long: `mcp answers an agent such as Claude Code, Codex, Gemini CLI, Cursor or VS Code, which starts
it and talks to it on standard input and output. Its tools find runs, say what broke
first, and read test failures, timelines, spans and logs. docs/agents.md tells how to set
up each agent.

The agent can read the buckets that you can read. It can read files on this machine
only with --local, because text in a log can try to make an agent read your files.`,
		Example: `  codex mcp add prowtrace -- prowtrace mcp
  gemini mcp add prowtrace prowtrace mcp
  code --add-mcp '{"name":"prowtrace","command":"prowtrace","args":["mcp"]}'`,
		Args: func(c *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usageError{errors.New("mcp takes no arguments"), "the agent names runs; docs/agents.md tells how to set it up"}
			}
			return nil
		},
		RunE: func(c *cobra.Command, _ []string) error { return m.run(c.Context()) },
	}
	f := c.Flags()
	m.registerStore(f)
	named(f, &m.choice.bucket, "bucket", "", "BUCKET", "bucket of jobs whose name or link names none")
	f.BoolVar(&m.offline, "offline", false, "send no request: use the runs in the cache")
	f.BoolVar(&m.noCache, "no-cache", false, "download to a temporary directory and delete it on exit")
	f.BoolVar(&m.local, "local", false, "let the agent name files and directories of this machine")
	f.Var(countValue{&m.answer}, "max-answer", fmt.Sprintf("largest answer in bytes, at least %d; longer lists are paged", mcp.SmallestAnswer))
	return c
}

func (m *mcpCommand) run(ctx context.Context) error {
	if m.answer < mcp.SmallestAnswer {
		return usageError{fmt.Errorf("--max-answer must be at least %d", mcp.SmallestAnswer), "leave it out: answers have at most " + fmt.Sprint(mcp.DefaultAnswer) + " bytes"}
	}
	m.join, m.logs = string(join.ByTime), true
	if err := m.open(ctx); err != nil {
		return err
	}
	defer m.close()
	options := m.options
	options.Input = nil // it is the agent's
	options.Events = m.hearQuietly
	how := m.judging(judgeFlags{baseline: session.BaselineAuto, number: passingRuns})
	runs := session.NewOpenRuns(session.New(options), session.OpenRunsOptions{Judging: how})
	with := func(_ context.Context, choice session.Choice) *session.Session {
		one := options
		choice.Bucket = one.Choice.Bucket
		one.Choice = choice
		return session.New(one)
	}
	tools := toolsFor(m.known, with, func(context.Context) runOpener { return runs }, how)
	tools.Local, tools.Answer = m.local, m.answer
	err := mcp.New(tools).ServeStream(ctx, m.streams.In, m.streams.Out)
	if err != nil {
		err = fmt.Errorf("serving the agent: %w", err)
	}
	return errors.Join(err, runs.Close())
}

// runOpener opens runs that are kept open for others.
type runOpener interface {
	Open(context.Context, prow.Ref) (*session.OpenRun, error)
}

// toolsFor says what the tools for agents read: by sessions with a choice of runs, and the runs
// that are kept open, each for whoever a context is of.
func toolsFor(known prow.Instances, of func(context.Context, session.Choice) *session.Session, runs func(context.Context) runOpener, how session.Judging) mcp.Options {
	return mcp.Options{
		Version: version(buildInfo()), Instances: known, Judging: how, Session: of,
		Open: func(ctx context.Context, ref prow.Ref) (mcp.Run, error) {
			run, err := runs(ctx).Open(ctx, ref)
			if err != nil {
				return nil, err
			}
			return run, nil
		},
	}
}

// hearQuietly tells details of what several sessions do at a time: there is no progress to
// be shown, and standard output is the agent's.
func (r *request) hearQuietly(e session.Event) {
	switch e.(type) {
	case session.FetchStarted, session.FetchEnded:
		return
	}
	if r.verbose {
		r.hear(e)
	}
}
