package settings

import (
	"encoding/base64"

	"notifier/access/vault"
)

// Secrets are the keys that seal what the database keeps secret.
type Secrets struct {
	Key     string `yaml:"key"`
	KeyFile string `yaml:"key_file"`
	// PreviousKey still opens what it has sealed.
	PreviousKey     string `yaml:"previous_key"`
	PreviousKeyFile string `yaml:"previous_key_file"`
}

func (r *Reader) checkSecrets(c *Config) {
	r.secret("secrets.key", &c.Secrets.Key, c.Secrets.KeyFile)
	r.checkKey("secrets.key", c.Secrets.Key)
	r.secret("secrets.previous_key", &c.Secrets.PreviousKey, c.Secrets.PreviousKeyFile)
	r.checkKey("secrets.previous_key", c.Secrets.PreviousKey)
	if c.Secrets.PreviousKey != "" && c.Secrets.Key == "" {
		r.fault("secrets.previous_key", "there is no secrets.key that follows it. Set secrets.key_file, too")
	}
	if c.Secrets.PreviousKey != "" && c.Secrets.PreviousKey == c.Secrets.Key {
		r.fault("secrets.previous_key", "this is secrets.key itself. Write the one that was secrets.key before, or leave it out")
	}
}

func (r *Reader) checkKey(path, text string) {
	if key, err := base64.StdEncoding.DecodeString(text); text != "" && (err != nil || len(key) != vault.KeySize) {
		r.fault(path, `this is no key. Write %d random bytes in base64, as "openssl rand -base64 32" makes them`, vault.KeySize)
	}
}

// Vault seals what the database keeps secret.
func (c Config) Vault() vault.Vault {
	key, _ := base64.StdEncoding.DecodeString(c.Secrets.Key) // checkSecrets has seen to it
	previous, _ := base64.StdEncoding.DecodeString(c.Secrets.PreviousKey)
	v, _ := vault.New(key, previous)
	return v
}
