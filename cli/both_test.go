package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/zap"

	"notifier/mail/mailtest"
	"notifier/service"
	"notifier/settings"
)

// TestBothWays runs the scripts of testdata/both twice: on the database, and by the API of
// a service that runs elsewhere. What comes back is the same.
func TestBothWays(t *testing.T) {
	t.Parallel()
	for _, elsewhere := range []bool{false, true} {
		t.Run(map[bool]string{false: "here", true: "elsewhere"}[elsewhere], func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir:   "testdata/both",
				Setup: func(e *testscript.Env) error { return setUpHouse(e, elsewhere) },
				Cmds:  map[string]func(*testscript.TestScript, bool, []string){"exits": exitsCommand, "id": idCommand},
			})
		})
	}
}

// setUpHouse gives a script a mail server and a configuration, in which nothing happens by
// itself; and the address of a service with it, if it runs elsewhere.
func setUpHouse(e *testscript.Env, elsewhere bool) error {
	relay, err := mailtest.Start(mailtest.Options{})
	if err != nil {
		return err
	}
	e.Defer(func() { _ = relay.Close() })
	relay.Refuse("full@example.org", 552)
	environment := []string{
		"NOTIFIER_DATABASE__URL=sqlite:" + filepath.Join(e.WorkDir, "notifier.db"),
		"NOTIFIER_SMTP__HOST=127.0.0.1", "NOTIFIER_SMTP__PORT=" + fmt.Sprint(relay.Port()), "NOTIFIER_SMTP__FROM=Workflow <workflow@example.org>",
		"NOTIFIER_JOBS__NOTIFICATIONS__EVERY=168h", "NOTIFIER_JOBS__NOTIFICATIONS__WAKE=false",
		"NOTIFIER_CALLBACKS__ALLOW=127.0.0.1/32",
	}
	e.Vars = append(e.Vars, "HOME="+e.WorkDir)
	if clock := os.Getenv("NOTIFIER_TEST_CLOCK"); clock != "" { // .ci/dates: the program has the tests' clock
		e.Setenv("NOTIFIER_TEST_CLOCK", clock)
	}
	if !elsewhere {
		e.Vars = append(e.Vars, environment...)
		return migrateScript(environment)
	}
	const key = "ntf_test_of_a_script"
	config, err := settings.Load("/dev/null", append(environment, "NOTIFIER_HTTP__KEY="+key))
	if err != nil {
		return err
	}
	return serveScript(e, config, key)
}

// migrateScript makes the database, as serve would have.
func migrateScript(environment []string) error {
	config, err := settings.Load("/dev/null", environment)
	if err != nil {
		return err
	}
	h, err := service.Open(context.Background(), config, zap.NewNop())
	if err != nil {
		return err
	}
	return errors.Join(h.Migrate(context.Background()), h.Close())
}

// serveScript runs the service until the script ends.
func serveScript(e *testscript.Env, config settings.Config, key string) error {
	h, err := service.Open(context.Background(), config, zap.NewNop())
	if err != nil {
		return err
	}
	if err := h.Migrate(context.Background()); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	e.Vars = append(e.Vars, settings.ServerVariable+"=http://"+listener.Addr().String(), settings.KeyVariable+"="+key)
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- h.Serve(ctx, listener, nil) }()
	e.Defer(func() {
		stop()
		<-ended
		_ = h.Close()
	})
	return nil
}
