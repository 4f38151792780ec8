package launch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"prowtrace/internal/text"
)

// Bounds on reading the clipboard.
const (
	maxClipboard      = 64 << 10
	clipboardPatience = 3 * time.Second
)

// Clipboard gives the text in the clipboard, its first 64 KiB. It asks the system's own
// program, which has three seconds. An error names the programs that would do.
func Clipboard(ctx context.Context) (string, error) {
	return readClipboard(ctx, clipboardCommands(runtime.GOOS, os.Getenv))
}

func readClipboard(ctx context.Context, commands [][]string) (string, error) {
	if len(commands) == 0 {
		return "", errors.New("cannot read the clipboard: this session has no display (neither DISPLAY nor WAYLAND_DISPLAY is set)")
	}
	var names []string
	for _, command := range commands {
		path, err := exec.LookPath(command[0])
		if err != nil {
			names = append(names, command[0])
			continue
		}
		said, err := outputOf(ctx, path, command[1:])
		if err != nil {
			return "", fmt.Errorf("cannot read the clipboard: %s: %w", command[0], err)
		}
		return said, nil
	}
	return "", fmt.Errorf("cannot read the clipboard: no program for it was found (%s)", strings.Join(names, ", "))
}

// outputOf is what a program writes, as much of it as is taken.
func outputOf(ctx context.Context, path string, args []string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, clipboardPatience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.WaitDelay = time.Second // for a child of its that keeps the pipe
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return "", err
	}
	head, err := io.ReadAll(io.LimitReader(out, maxClipboard))
	if len(head) == maxClipboard {
		cancel() // the rest is not wanted
		_ = cmd.Wait()
		return text.Valid(string(head)), nil
	}
	if err := errors.Join(err, cmd.Wait()); err != nil {
		return "", err
	}
	return text.Valid(string(head)), nil
}

// clipboardCommands lists what to try, the first that is there.
func clipboardCommands(goos string, getenv func(string) string) (commands [][]string) {
	powershell := []string{"powershell.exe", "-NoProfile", "-NonInteractive", "-Command", "Get-Clipboard"}
	switch goos {
	case "windows":
		return [][]string{powershell}
	case "darwin":
		return [][]string{{"pbpaste"}}
	}
	if getenv("WAYLAND_DISPLAY") != "" {
		commands = append(commands, []string{"wl-paste", "--no-newline"})
	}
	if getenv("DISPLAY") != "" {
		commands = append(commands, []string{"xclip", "-selection", "clipboard", "-o"}, []string{"xsel", "--clipboard", "--output"})
	}
	if getenv("WSL_DISTRO_NAME") != "" { // Linux in Windows: the clipboard is on the other side
		commands = append(commands, powershell)
	}
	return commands
}
