package mailtest

import (
	"fmt"
	"strings"
	"time"

	"github.com/emersion/go-smtp"
)

// Stage is a point of the SMTP conversation at which the relay can be told to fail.
type Stage string

// The stages. AtData is after the 354, before the body is read; AtDot after its last byte.
const (
	AtConnect Stage = "connect"
	AtAuth    Stage = "auth"
	AtMail    Stage = "mail"
	AtRcpt    Stage = "rcpt"
	AtData    Stage = "data"
	AtDot     Stage = "dot"
)

// Fault is what the relay does once, instead of answering as usual. One with a Delay
// alone goes on as usual after it.
type Fault struct {
	Delay time.Duration
	Drop  bool   // the connection, without an answer
	Code  int    // the answer; after a 421 the connection is closed
	Text  string // of the answer, with its enhanced code
	Store bool   // AtDot: the mail is kept nevertheless, as when only the answer is lost
}

func (f Fault) passes() bool { return !f.Drop && f.Code == 0 }

// texts is what the relay says with a code.
var texts = map[int]string{
	421: "4.3.2 Service shutting down, closing transmission channel",
	450: "4.2.1 Mailbox busy",
	451: "4.3.0 Local error in processing",
	452: "4.2.2 Mailbox full",
	535: "5.7.8 Authentication credentials invalid",
	550: "5.1.1 User unknown",
	551: "5.1.6 User not local",
	552: "5.2.2 Mailbox full",
	553: "5.1.3 Mailbox name not allowed",
	554: "5.7.1 Refused",
}

func (f Fault) text() string {
	if f.Text != "" {
		return f.Text
	}
	return texts[f.Code]
}

// reply is the fault in go-smtp's words.
func (f Fault) reply() *smtp.SMTPError {
	text := f.text()
	e := &smtp.SMTPError{Code: f.Code, EnhancedCode: smtp.NoEnhancedCode, Message: text}
	var class, subject, detail int
	code, rest, _ := strings.Cut(text, " ")
	if n, err := fmt.Sscanf(code, "%d.%d.%d", &class, &subject, &detail); n == 3 && err == nil {
		e.EnhancedCode, e.Message = smtp.EnhancedCode{class, subject, detail}, rest
	}
	return e
}

// Refuse gives the next answers to RCPT for an address, in turn; after them it is
// accepted. A code of 0 accepts once.
func (r *Relay) Refuse(address string, codes ...int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := strings.ToLower(address)
	r.refusal[key] = append(r.refusal[key], codes...)
}

func (r *Relay) refusalOf(address string) (code int, refused bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := strings.ToLower(address)
	codes := r.refusal[key]
	if len(codes) == 0 {
		return 0, false
	}
	if r.refusal[key] = codes[1:]; len(codes) == 1 {
		delete(r.refusal, key)
	}
	return codes[0], codes[0] != 0
}

// Fail makes the next conversations that come to that stage fail, in turn.
func (r *Relay) Fail(at Stage, faults ...Fault) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.faults[at] = append(r.faults[at], faults...)
}

func (r *Relay) fault(at Stage) (Fault, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	faults := r.faults[at]
	if len(faults) == 0 {
		return Fault{}, false
	}
	r.faults[at] = faults[1:]
	return faults[0], true
}

// pause lets d pass; false if the relay was closed meanwhile.
func (r *Relay) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.closed:
		return false
	}
}
