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

// warnOfModes tells of a secret that everybody on this machine may read.
func (r *reader) warnOfModes(path, file string) {
	if open, err := readableByAll(file); err == nil && open {
		r.warn(path, "everybody on this machine may read %s. Write: chmod 600 %s", file, file)
	}
}
