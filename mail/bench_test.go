package mail_test

import (
	"context"
	"fmt"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"notifier/mail"
	"notifier/message"
)

func BenchmarkCompose(b *testing.B) {
	line := "The lease of the flat at Łódź, Piotrkowska 104, was approved by the manager today.\n"
	for _, size := range []int{1 << 10, 10 << 10} {
		text := strings.Repeat(line, size/len(line)+1)
		plain := strings.Map(func(r rune) rune { return min(r, '~') }, text)
		for name, m := range map[string]message.Message{
			"ascii":     {Text: plain},
			"polish":    {Text: text},
			"two_parts": {Text: text, HTML: "<p>" + strings.ReplaceAll(text, "\n", "</p>\n<p>") + "</p>"},
		} {
			full := note("anna@example.org")
			full.Text, full.HTML = m.Text, m.HTML
			b.Run(fmt.Sprintf("%s_%dKB", name, size>>10), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := mail.Compose(full, workflow); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkDeliver carries mails of 1 KB to Postfix's smtp-sink.
func BenchmarkDeliver(b *testing.B) {
	m := note("anna@example.org")
	m.Text = strings.Repeat("The contract is ready and waits for your signature.\n", 20)
	for _, lanes := range []int{1, 4, 8} {
		b.Run(fmt.Sprintf("lanes_%d", lanes), func(b *testing.B) {
			c := courier(b, sink(b), mail.Settings{Connections: lanes})
			if err := c.Ready(context.Background()); err != nil {
				b.Fatal(err)
			}
			work := make(chan struct{}, b.N)
			for range b.N {
				work <- struct{}{}
			}
			close(work)
			b.ResetTimer()
			var callers sync.WaitGroup
			for range 4 * lanes {
				callers.Go(func() {
					for range work {
						if r := c.Deliver(context.Background(), m); len(r.Accepted) != 1 {
							b.Error(r.Failure)
						}
					}
				})
			}
			callers.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "mails/s")
		})
	}
}

// sink starts smtp-sink on a free port.
func sink(b *testing.B) int {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	cmd := exec.Command("smtp-sink", "-u", "nobody", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), "100")
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	for until := time.Now().Add(5 * time.Second); time.Now().Before(until); {
		if c, err := net.Dial("tcp", l.Addr().String()); err == nil {
			c.Close()
			return port
		}
	}
	b.Fatal("smtp-sink does not answer")
	return 0
}
