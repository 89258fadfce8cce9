// Package account knows the outgoing accounts: which of them a message leaves by, and which
// stand in for it.
//
// It reads no configuration and keeps no queue: its settings are read in settings, and
// Notifications sends.
package account

import (
	"crypto/tls"
	"crypto/x509"
	"slices"
	"strings"

	"notifier/mail"
	"notifier/message"
)

// Default is what smtp is called where accounts have names.
const Default = "default"

// Settings are an outgoing account, as smtp or below accounts.
type Settings struct {
	Host         string         `yaml:"host"`
	Port         int            `yaml:"port"`
	TLS          string         `yaml:"tls"`
	Auth         string         `yaml:"auth"`
	Username     string         `yaml:"username"`
	Password     string         `yaml:"password"`
	PasswordFile string         `yaml:"password_file"`
	OAuth2       OAuth2         `yaml:"oauth2"`
	CAFile       string         `yaml:"ca_file"`
	From         string         `yaml:"from"`
	Senders      []string       `yaml:"senders"`
	Hello        string         `yaml:"hello"`
	Connections  int            `yaml:"connections"`
	OnLostLease  string         `yaml:"on_lost_lease"`
	Sites        []string       `yaml:"sites"`
	Fallback     []string       `yaml:"fallback"`
	Limits       message.Limits `yaml:"limits"`

	// Roots are the certificates of CAFile; nil: the system's.
	Roots *x509.CertPool `yaml:"-"`
}

// OAuth2 is where the tokens of an account come from.
type OAuth2 struct {
	TokenURL         string   `yaml:"token_url"`
	ClientID         string   `yaml:"client_id"`
	ClientSecret     string   `yaml:"client_secret"`
	ClientSecretFile string   `yaml:"client_secret_file"`
	RefreshToken     string   `yaml:"refresh_token"`
	RefreshTokenFile string   `yaml:"refresh_token_file"`
	Scopes           []string `yaml:"scopes"`
}

// Sender is the From of mails.
func (s Settings) Sender() (message.Address, error) {
	one := message.ParseRecipient(s.From)
	if one.ID != "" {
		return message.Address{}, message.CheckEmail(one.ID)
	}
	return one.Address, one.Address.Check()
}

// Allows tells whether mails from that address may go out by the account.
func (s Settings) Allows(address string) bool {
	from, _ := s.Sender()
	if message.Identity(from.Email) == message.Identity(address) {
		return true
	}
	_, domain, _ := strings.Cut(address, "@")
	return slices.ContainsFunc(s.Senders, func(pattern string) bool {
		return pattern == "*" || message.Identity(pattern) == message.Identity(address) || message.Identity(pattern) == message.Identity("*@"+domain)
	})
}

// Serves tells whether the account is for that site.
func (s Settings) Serves(site string) bool {
	return len(s.Sites) == 0 || slices.Contains(s.Sites, site)
}

// Mail are the settings of the courier. Tokens are kept in grants; nil: in this process.
func (s Settings) Mail(name string, keys mail.Keys, grants mail.Grants) mail.Settings {
	from, _ := s.Sender() // whoever read the settings has seen to it
	m := mail.Settings{
		Name: name, Host: s.Host, Port: s.Port, TLS: s.TLS, Username: s.Username, Password: s.Password, Auth: s.Auth,
		From: from, Hello: s.Hello, Connections: s.Connections, TLSConfig: &tls.Config{RootCAs: s.Roots}, Keys: keys,
	}
	if s.OAuth2.TokenURL != "" {
		m.Tokens = s.Tokens(name, grants).Tokens()
	}
	return m
}

// Tokens say where the tokens of an account come from.
func (s Settings) Tokens(name string, grants mail.Grants) mail.OAuth2 {
	o := s.OAuth2
	return mail.OAuth2{
		TokenURL: o.TokenURL, ClientID: o.ClientID, ClientSecret: o.ClientSecret, RefreshToken: o.RefreshToken, Scopes: o.Scopes,
		Grants: grants, Account: name,
	}
}
