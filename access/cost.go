//go:build !race

package access

// What argon2id takes for a password: what OWASP asks for at least.
const (
	memory = 19 << 10 // in KiB
	passes = 2
)
