//go:build unix

package launch

import (
	"os"
	"os/exec"
	"syscall"
)

// terminateGroup asks the child and its descendants to end.
func terminateGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGTERM) }

// killGroup ends them. An error means that none is left.
func killGroup(p *os.Process) { _ = syscall.Kill(-p.Pid, syscall.SIGKILL) }

// tie is what Windows needs to end the child with us: see ownGroup.
func tie(*os.Process) (untie func()) { return func() {} }

// detach lets a browser live on when our terminal or we go away.
func detach(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }
