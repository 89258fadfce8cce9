// Package notifier holds what the program brings along: the configuration that is shipped.
package notifier

import _ "embed"

//go:embed config.yaml
var example string

// ExampleConfig is config.yaml, with every key at its default and a comment to each.
func ExampleConfig() string { return example }
