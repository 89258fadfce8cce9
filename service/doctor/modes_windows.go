package doctor

import "os"

// modes cannot tell: what Go reports as a mode here is made of the read-only attribute, and
// the access list, which would know, has inheritance and groups that only icacls explains.
func modes(check, file string, _ os.FileInfo) Finding {
	return Finding{check, Unknown, "who may read " + file + " stands in its access list, not in a mode", "Write: icacls " + file}
}
