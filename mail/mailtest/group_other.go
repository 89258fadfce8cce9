//go:build !unix

package mailtest

import "syscall"

// groupOfItsOwn asks for nothing: there is no Postfix here.
func groupOfItsOwn() *syscall.SysProcAttr { return nil }
