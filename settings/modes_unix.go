//go:build !windows

package settings

import "os"

// ReadableByAll tells whether everybody on this machine may read a file.
func ReadableByAll(name string) (bool, error) {
	info, err := os.Stat(name)
	if err != nil {
		return false, err
	}
	return info.Mode().IsRegular() && info.Mode().Perm()&0o004 != 0, nil
}
