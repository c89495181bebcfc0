package app

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ghasi.io/portal/config"
	"ghasi.io/portal/platform"
	"ghasi.io/portal/portal"
)

// billingCommands are what Ghasi's own people do to bills of the embedded platform: the payments come by bank.
func billingCommands(version string) []*cobra.Command {
	invoice := &cobra.Command{Use: "invoice", Short: "Invoices of the embedded platform"}
	invoice.AddCommand(
		billingCommand(version, "pay NUMBER", "Note that an invoice was paid", "paid", 1, func(ctx context.Context, p *platform.Platform, args []string) error {
			return p.PayInvoice(ctx, args[0])
		}),
		billingCommand(version, "void NUMBER", "Take an open invoice back", "void", 1, func(ctx context.Context, p *platform.Platform, args []string) error {
			return p.VoidInvoice(ctx, args[0])
		}),
	)
	credit := &cobra.Command{Use: "credit", Short: "What tenants of the embedded platform can spend"}
	credit.AddCommand(creditAddCommand(version), creditTermsCommand(version))
	return []*cobra.Command{invoice, credit}
}

func creditAddCommand(version string) *cobra.Command {
	var reference string
	add := billingCommand(version, "add TENANT AMOUNT", "Add bought credit, in whole units of the tenant's currency or with decimals", "added", 2,
		func(ctx context.Context, p *platform.Platform, args []string) error {
			amount, err := parseMicros(args[1])
			if err != nil {
				return err
			}
			return p.AddCredit(ctx, args[0], amount, reference)
		})
	add.Flags().StringVar(&reference, "reference", "", "the payer's reference, which no other has")
	return add
}

func creditTermsCommand(version string) *cobra.Command {
	var currency, limit string
	var days int
	terms := billingCommand(version, "terms TENANT", "Set a tenant's currency, credit limit and days until an invoice is due", "set", 1,
		func(ctx context.Context, p *platform.Platform, args []string) error {
			amount, err := parseMicros(limit)
			if err != nil {
				return err
			}
			return p.SetTerms(ctx, args[0], platform.Terms{Currency: portal.Currency(currency), CreditLimitMicros: amount, TermsDays: days})
		})
	terms.Flags().StringVar(&currency, "currency", "AFN", "AFN or USD; fixed once money has moved")
	terms.Flags().StringVar(&limit, "limit", "10000", "how far below zero the balance may go")
	terms.Flags().IntVar(&days, "days", 15, "from issue until an invoice is due")
	return terms
}

// billingCommand runs fn on the embedded platform, and says done.
func billingCommand(version, use, short, done string, args int, fn func(context.Context, *platform.Platform, []string) error) *cobra.Command {
	return &cobra.Command{
		Use: use, Short: short, Args: cobra.ExactArgs(args),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load()
			if err != nil {
				return err
			}
			if cfg.PlatformURL != "" {
				return errors.New("PLATFORM_URL names a remote platform: bill there")
			}
			return offline(cmd.Context(), cfg, version, func(a *App) error {
				ctx, cancel := context.WithTimeout(cmd.Context(), time.Minute)
				defer cancel()
				if err := fn(ctx, a.platform, args); err != nil {
					return err
				}
				_, err := fmt.Fprintf(cmd.OutOrStdout(), "%s: %s\n", strings.Join(args, " "), done)
				return err
			})
		},
	}
}

// parseMicros reads "1500" or "12.5" as millionths, without a float on the way.
func parseMicros(s string) (int64, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	bad := fmt.Errorf("%q is no amount such as 1500 or 12.50", s)
	if whole == "" || len(whole) > 9 || len(fraction) > 6 || strings.Trim(whole+fraction, "0123456789") != "" || strings.HasSuffix(s, ".") {
		return 0, bad
	}
	n, err := strconv.ParseInt(whole+fraction+strings.Repeat("0", 6-len(fraction)), 10, 64)
	if err != nil {
		return 0, bad
	}
	return n, nil
}
