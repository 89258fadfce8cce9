//go:build !windows

package service

// Hangup is how a service is told to read its configuration again without asking it.
const Hangup = "kill -HUP with its process id"
