package mail

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"notifier/fault"
	"notifier/message"
)

// reply is one answer of a server.
type reply struct {
	code     int
	enhanced string // as in "5.1.1"; empty if the server gave none
	text     string // without the codes; several lines are kept apart by \n
}

// Bounds of what a server may answer, well above RFC 5321 §4.5.3.1.5.
const (
	maxReplyLine  = 4096
	maxReplyLines = 128
)

var errNotSMTP = errors.New("the server's answer is not SMTP")

// readReply reads an answer. r's buffer bounds the length of a line.
func readReply(r *bufio.Reader) (reply, error) {
	var answer reply
	for n := range maxReplyLines {
		line, err := r.ReadSlice('\n')
		if err != nil {
			if errors.Is(err, bufio.ErrBufferFull) {
				err = fmt.Errorf("%w: a line is too long", errNotSMTP)
			}
			return reply{}, err
		}
		code, enhanced, text, more, ok := parseLine(line)
		if !ok || n > 0 && code != answer.code {
			return reply{}, fmt.Errorf("%w: %q", errNotSMTP, shorten(line))
		}
		if n == 0 {
			answer = reply{code, enhanced, text}
		} else {
			answer.text += "\n" + text
		}
		if !more {
			return answer, nil
		}
	}
	return reply{}, fmt.Errorf("%w: more than %d lines", errNotSMTP, maxReplyLines)
}

// parseLine takes "250-2.0.0 text\r\n" apart; more tells that another line follows.
func parseLine(line []byte) (code int, enhanced, text string, more, ok bool) {
	for len(line) > 0 && (line[len(line)-1] == '\n' || line[len(line)-1] == '\r') {
		line = line[:len(line)-1]
	}
	if len(line) < 3 || line[0] < '2' || line[0] > '5' {
		return 0, "", "", false, false
	}
	for _, c := range line[:3] {
		if c < '0' || c > '9' {
			return 0, "", "", false, false
		}
		code = code*10 + int(c-'0')
	}
	if len(line) > 3 {
		if line[3] != ' ' && line[3] != '-' {
			return 0, "", "", false, false
		}
		more = line[3] == '-'
		enhanced, text = cutEnhanced(clean(line[4:]))
	}
	return code, enhanced, text, more, true
}

// cutEnhanced takes an enhanced status code off the front of a text (RFC 2034).
func cutEnhanced(s string) (enhanced, text string) {
	word, rest, _ := strings.Cut(s, " ")
	if len(word) < 5 || len(word) > 9 || strings.IndexByte("245", word[0]) < 0 || word[1] != '.' {
		return "", s
	}
	subject, detail, found := strings.Cut(word[2:], ".")
	if !found || !isNumber(subject) || !isNumber(detail) {
		return "", s
	}
	return word, rest
}

func isNumber(s string) bool {
	return s != "" && len(s) <= 3 && !strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' })
}

// clean makes a server's text fit for logs and pages: valid UTF-8, no control characters.
func clean(b []byte) string {
	for _, c := range b {
		if c < ' ' || c > '~' {
			return strings.Map(func(r rune) rune {
				if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
					return ' '
				}
				return r
			}, strings.ToValidUTF8(string(b), "\uFFFD"))
		}
	}
	return string(b)
}

func shorten(line []byte) []byte { return line[:min(len(line), 80)] }

// codes are what stands before the text, as in "552 5.2.2".
func (r reply) codes() string {
	if r.enhanced == "" {
		return fmt.Sprintf("%03d", r.code)
	}
	return fmt.Sprintf("%03d %s", r.code, r.enhanced)
}

// words is the text on one line.
func (r reply) words() string {
	return fault.Truncate(strings.ReplaceAll(r.text, "\n", " "), message.MaxErrorText)
}

// String is the reply on one line, as in "250 2.0.0 Ok: queued as 4F2A".
func (r reply) String() string {
	if r.text == "" {
		return r.codes()
	}
	return r.codes() + " " + r.words()
}

func (r reply) ok() bool { return r.code/100 == 2 }

func (r reply) verdict(at stage) message.Verdict {
	return message.Judge(at, message.Reply{Code: r.code, Enhanced: r.enhanced, Text: r.text})
}

// failure puts a refusal into the house's words.
func (r reply) failure(at stage) *message.Failure {
	text, v := r.words(), r.verdict(at)
	if text == "" {
		text = "the server gave no reason"
	}
	return v.Failure(r.codes(), text)
}

// networkFailure is what is said when no reply came.
func networkFailure(c message.Category, err error) *message.Failure {
	return &message.Failure{Category: c, Text: fault.Truncate(err.Error(), message.MaxErrorText), Temporary: true}
}
