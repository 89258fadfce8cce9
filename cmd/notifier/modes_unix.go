//go:build !windows

package main

import "os"

// readableByAll tells whether everybody on this machine may read a file.
func readableByAll(name string) (bool, error) {
	info, err := os.Stat(name)
	if err != nil {
		return false, err
	}
	return info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0, nil
}
