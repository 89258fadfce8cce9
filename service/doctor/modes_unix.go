//go:build !windows

package doctor

import "os"

// modes tells whether the mode of a file lets everybody on this machine read it.
func modes(check, file string, info os.FileInfo) Finding {
	if info.Mode().Perm()&0o004 != 0 {
		return Finding{check, Warning, "everybody on this machine may read " + file, "Write: chmod o-rwx " + file}
	}
	return OK(check, "%s is readable by its owner and group alone", file)
}
