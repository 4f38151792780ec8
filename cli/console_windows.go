package cli

import (
	"os"

	"golang.org/x/sys/windows"
)

// drawable makes a console understand the sequences that move and colour, which older ones
// do only when they are asked to. It reports whether the console does.
func drawable(f *os.File) bool {
	console := windows.Handle(f.Fd())
	var mode uint32
	if windows.GetConsoleMode(console, &mode) != nil {
		return false
	}
	const sequences = windows.ENABLE_PROCESSED_OUTPUT | windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	return mode&sequences == sequences || windows.SetConsoleMode(console, mode|sequences) == nil
}
