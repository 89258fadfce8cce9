package cli

import (
	"os"
	"syscall"
)

// What a frozen process is told, and how it is thawed.
const (
	freeze = syscall.SIGSTOP
	thaw   = syscall.SIGCONT
)

// endsWithUs is how a process is started that must not outlive the test, however that ends.
func endsWithUs() *syscall.SysProcAttr { return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

// lockFile waits until no other process of the tests has the file.
func lockFile(f *os.File) error { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX) }
