package mailtest

import (
	"bufio"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"notifier/rescue"
)

// PostfixOptions say what kind of Postfix is started.
type PostfixOptions struct {
	// TLS offers STARTTLS with a self-made certificate for localhost and 127.0.0.1.
	TLS bool
	// Settings are further lines of main.cf.
	Settings []string
}

// Postfix is a real one, private to a test: its own directory, port and processes. It
// answers by the local part (busy450@, later451@, gone550@, full552@, bye421@) and hands
// all other mail to a relay of ours over LMTP, so that waiting for it is no polling.
type Postfix struct {
	dir   string // to be removed at the end
	inbox *Relay
	port  int
	chain string // the file of its certificate
	pool  *x509.CertPool
	leash io.Closer // it runs as long as this is open
	log   *tail
	ended chan struct{}
}

const postfixMain = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = /dev/stdout
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = postfix.test
mynetworks = 127.0.0.0/8
mydestination =
alias_maps =
alias_database =
local_recipient_maps =
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:all
virtual_transport = lmtp:inet:%[2]s
smtpd_recipient_restrictions = check_recipient_access regexp:%[1]s/config/access, permit_mynetworks, reject
smtpd_error_sleep_time = 0
smtpd_hard_error_limit = 1000
smtpd_client_connection_count_limit = 0
`

const postfixTLS = `smtpd_tls_security_level = may
smtpd_tls_chain_files = %[1]s/config/chain.pem
`

const postfixAccess = `/^busy450@/  450 4.2.1 Mailbox busy
/^later451@/ 451 4.3.0 Try again later
/^gone550@/  550 5.1.1 User unknown
/^full552@/  552 5.2.2 Mailbox full
/^bye421@/   421 4.3.2 Service shutting down
`

const postfixMaster = `127.0.0.1:%[1]d inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
tlsmgr unix - - n 1000? 1 tlsmgr
scache unix - - n - 1 scache
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
postlog unix-dgram n - n - 1 postlogd
`

// StartPostfix starts a Postfix. It needs the rights of root and Debian's package postfix.
//
// Without dir it makes a directory of its own and removes it at the end. A dir that is
// given must be empty, and the user postfix must be able to get there: testing's TempDir
// is closed to other users.
func StartPostfix(dir string, o PostfixOptions) (*Postfix, error) {
	p := &Postfix{ended: make(chan struct{}), log: &tail{}}
	var err error
	if dir == "" {
		if dir, err = os.MkdirTemp("", "postfix"); err != nil {
			return nil, fmt.Errorf("start postfix: %w", err)
		}
		p.dir = dir
	}
	if p.inbox, err = Start(Options{lmtp: true}); err == nil {
		p.port, err = freePort()
	}
	if err == nil {
		err = p.furnish(dir, o)
	}
	if err == nil {
		err = p.launch(dir)
	}
	if err != nil {
		p.clear()
		return nil, fmt.Errorf("start postfix: %w", err)
	}
	return p, nil
}

// clear takes away what was there for Postfix alone.
func (p *Postfix) clear() error {
	var err error
	if p.inbox != nil {
		err = p.inbox.Close()
	}
	if p.dir != "" {
		err = errors.Join(err, os.RemoveAll(p.dir))
	}
	return err
}

// furnish writes the configuration. Postfix refuses files that others may write.
func (p *Postfix) furnish(dir string, o PostfixOptions) error {
	owner, err := user.Lookup("postfix")
	if err != nil {
		return fmt.Errorf("is the package postfix installed? %w", err)
	}
	uid, _ := strconv.Atoi(owner.Uid)
	config := filepath.Join(dir, "config")
	for _, d := range []string{dir, config, filepath.Join(dir, "queue"), filepath.Join(dir, "data")} {
		if err := os.MkdirAll(d, 0o755); err != nil {
			return err
		}
		if err := os.Chmod(d, 0o755); err != nil {
			return err
		}
	}
	if err := os.Chown(filepath.Join(dir, "data"), uid, -1); err != nil {
		return err
	}
	main := fmt.Sprintf(postfixMain, dir, p.inbox.Addr())
	if o.TLS {
		main += fmt.Sprintf(postfixTLS, dir)
		chain, err := p.certify()
		if err != nil {
			return err
		}
		p.chain = filepath.Join(config, "chain.pem")
		if err := os.WriteFile(p.chain, chain, 0o600); err != nil {
			return err
		}
	}
	main += strings.Join(o.Settings, "\n") + "\n"
	for name, text := range map[string]string{
		"main.cf": main, "master.cf": fmt.Sprintf(postfixMaster, p.port), "access": postfixAccess,
	} {
		if err := os.WriteFile(filepath.Join(config, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func (p *Postfix) certify() ([]byte, error) {
	c, err := NewCertificate(time.Now().Add(24*time.Hour), "localhost", "127.0.0.1")
	if err != nil {
		return nil, err
	}
	p.pool = c.Pool()
	return c.pem()
}

// postfixRun runs Postfix until its standard input ends. So it ends with us, however we do.
const postfixRun = `exec 3<&0
postfix -c "$1/config" start-fg &
p=$!
(cat <&3; kill "$(head -n 1 "$1/queue/pid/master.pid")") >/dev/null 2>&1 &
wait $p`

// launch runs the master and waits until it says that it is there.
func (p *Postfix) launch(dir string) error {
	cmd := exec.Command("sh", "-c", postfixRun, "postfix", dir)
	cmd.SysProcAttr = groupOfItsOwn()
	out, in, err := os.Pipe()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = in, in
	p.leash, err = cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	in.Close()
	if err != nil {
		out.Close()
		return err
	}
	up := make(chan struct{})
	rescue.Go(nil, "the log of Postfix", func() {
		// The pipe ends with the last process that holds it.
		p.log.read(out, "daemon started", up)
		out.Close()
		p.leash.Close()
		cmd.Wait() // Postfix never ends well when it is told to
		close(p.ended)
	})
	select {
	case <-up:
		return nil
	case <-p.ended:
		return fmt.Errorf("it ended: %s", p.log)
	}
}

// Addr is where it listens, as host:port.
func (p *Postfix) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(p.port)) }

// Port is the port of Addr.
func (p *Postfix) Port() int { return p.port }

// Pool trusts its certificate; nil without TLS.
func (p *Postfix) Pool() *x509.CertPool { return p.pool }

// CAFile is a file with its certificate; empty without TLS.
func (p *Postfix) CAFile() string { return p.chain }

// Got lists the mails that it delivered, oldest first.
func (p *Postfix) Got() []Mail { return p.inbox.Got() }

// Count is how many mails it delivered.
func (p *Postfix) Count() int { return p.inbox.Count() }

// Wait returns once it has delivered n mails, counted from the start.
func (p *Postfix) Wait(ctx context.Context, n int) error { return p.inbox.Wait(ctx, n) }

// Log is the end of its log.
func (p *Postfix) Log() string { return p.log.String() }

// Stop ends it and returns when no process of it is left.
func (p *Postfix) Stop() error {
	err := p.leash.Close()
	<-p.ended
	return errors.Join(err, p.clear())
}

// tail keeps the end of a log.
type tail struct {
	mu    sync.Mutex
	lines []string
}

// read keeps lines until r ends, and closes seen at the first that holds the words.
func (t *tail) read(r io.Reader, words string, seen chan<- struct{}) {
	for s := bufio.NewScanner(r); s.Scan(); {
		t.mu.Lock()
		if len(t.lines) >= 200 {
			t.lines = t.lines[1:]
		}
		t.lines = append(t.lines, s.Text())
		t.mu.Unlock()
		if seen != nil && strings.Contains(s.Text(), words) {
			close(seen)
			seen = nil
		}
	}
}

// String is what was kept.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.lines, "\n")
}

// freePort is a port that nobody listened on a moment ago.
func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
