package access

import "strings"

// sandbox ends the name of the site that the test keys of another act on.
const sandbox = "~test"

// Sandbox is the site that the test keys of a site act on. It has people, preferences,
// deadlines and messages of its own, so that a test changes nothing that is in earnest,
// and none of its mail reaches a relay, whichever way it came to be.
func Sandbox(site string) string { return Home(site) + sandbox }

// IsSandbox tells whether a site is one for tests.
func IsSandbox(site string) bool { return strings.HasSuffix(site, sandbox) }

// Home is the site that a sandbox belongs to; of another, itself.
func Home(site string) string { return strings.TrimSuffix(site, sandbox) }
