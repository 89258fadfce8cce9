package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"notifier/service"
	"notifier/settings"
	"notifier/store"
)

func secretsCommand(s *shared) *cobra.Command {
	c := &cobra.Command{Use: "secrets", Short: "What is kept sealed", Args: refuse, RunE: showHelp}
	c.AddCommand(rotateCommand(s))
	return c
}

func rotateCommand(s *shared) *cobra.Command {
	var dry, giveUp bool
	c := &cobra.Command{
		Use: "rotate", Short: "Seal everything anew with secrets.key, after it was changed",
		Long: "Seals the secrets of webhooks, the tokens of accounts (OAuth2) and the keys that sign links with secrets.key,\n" +
			"where secrets.previous_key has sealed them, or nothing has. New links are then signed by a new key; those in\n" +
			"mails that have left stay good. Give all replicas both keys and restart them first; take secrets.previous_key\n" +
			"away afterwards. It is safe to run twice, on several machines at once, and to stop and run again. It ends\n" +
			"with 1 if something opens with neither key.",
		Example: "  notifier secrets rotate --dry-run\n  notifier secrets rotate",
		Args:    refuse,
		RunE: func(c *cobra.Command, _ []string) error {
			config, err := s.load()
			if err != nil {
				return err
			}
			if err := config.Present(); err != nil {
				return err
			}
			if config.Secrets.Key == "" {
				return usageError{errors.New("there is no secrets.key to seal with. Set secrets.key_file")}
			}
			return s.withDatabase(c, func(ctx context.Context, config settings.Config, database *store.Store) error {
				if err := service.UpToDate(ctx, database); err != nil {
					return err
				}
				r := service.NewRotation(config, database, dry, giveUp)
				if err := r.Run(ctx); err != nil {
					return err
				}
				return r.Tell(c.OutOrStdout())
			})
		},
	}
	c.Flags().BoolVar(&dry, "dry-run", false, "only tell how much would be sealed anew")
	c.Flags().BoolVar(&giveUp, "give-up", false, "forget keys of links and tokens of accounts that neither key opens: links that the keys signed are refused from then on, accounts log in with the configured refresh_token")
	return c
}
