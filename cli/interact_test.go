package cli

import (
	"testing"

	"notifier/service"
)

// TestConsoleInABrowser does in Chromium what people do on the console's pages, as
// testdata/browser/interact.mjs says: by keys alone, with words that complete a search,
// many messages at once, undo, and a service that goes away meanwhile.
func TestConsoleInABrowser(t *testing.T) {
	file, err := program()
	if err != nil {
		t.Fatal(err)
	}
	tools := installBrowserTools(t)
	d := &devProcess{T: t, file: file, dir: t.TempDir(), address: freeAddress(t), smtp: freeAddress(t)}
	d.start()
	defer func() { d.stop() }()
	refused := d.refused(`"case":{"id":"A-1"}`)
	d.look(tools, map[string]string{"message": refused, "key": service.DevKey}, nil, "testdata/browser/interact.mjs")
}
