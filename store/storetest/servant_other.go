//go:build !linux

package storetest

import "syscall"

// servant runs Postgres as the user of the test: only Linux can end it with us.
func servant(string) (*syscall.SysProcAttr, error) { return nil, nil }
