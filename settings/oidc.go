package settings

import (
	"net/url"

	"notifier/access"
	"notifier/fault"
)

// OIDC are an OpenID Connect provider.
type OIDC struct {
	Issuer           string `yaml:"issuer"`
	ClientID         string `yaml:"client_id"`
	ClientSecret     string `yaml:"client_secret"`
	ClientSecretFile string `yaml:"client_secret_file"`
	RedirectURL      string `yaml:"redirect_url"`
}

// checkOIDC finds what is wrong with the provider, and reads its secret.
func (r *Reader) checkOIDC(c *Config) {
	o := &c.OIDC
	r.secret("oidc.client_secret", &o.ClientSecret, o.ClientSecretFile)
	if o.Issuer == "" {
		if o.ClientID != "" {
			r.fault("oidc.issuer", "a client needs the provider's address, as in https://login.example.org")
		}
		return
	}
	if u, err := url.Parse(o.Issuer); err != nil || u.Host == "" || u.Scheme != "https" && !isThisMachine(u) {
		r.fault("oidc.issuer", "%q is not an https address. Write the provider's issuer, as in https://login.example.org", fault.Truncate(o.Issuer, 100))
	}
	if o.ClientID == "" {
		r.fault("oidc.client_id", "the provider knows this service by a client_id. Write it")
	}
	if o.RedirectURL == "" && c.HTTP.PublicURL != "" {
		o.RedirectURL = c.HTTP.PublicURL + access.ReturnPath
	}
	if u, err := url.Parse(o.RedirectURL); err != nil || u.Host == "" || u.Path != access.ReturnPath {
		r.fault("oidc.redirect_url", "the provider must know where to send people back. Write it as https://notify.example.org%s, or set http.public_url", access.ReturnPath)
	}
}
