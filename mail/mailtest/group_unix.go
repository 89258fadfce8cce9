//go:build unix

package mailtest

import "syscall"

// groupOfItsOwn keeps a Ctrl-C at the terminal from Postfix, which is stopped in its turn.
func groupOfItsOwn() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
