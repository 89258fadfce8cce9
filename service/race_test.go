//go:build race

package service

// slower is by how much a test that is about numbers does less under the race detector;
// make test runs it once more without.
const slower = 20
