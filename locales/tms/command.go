package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"

	"ghasi.io/portal/locales"
)

// command is one call of the program.
type command struct {
	root    string
	env     func(string) string
	out     io.Writer
	service Service // nil: what the environment names
}

const defaultCoverage = 95 // percent; below it nothing is released

func (c *command) open() (err error) {
	if c.service == nil {
		c.service, err = service(c.env)
	}
	return err
}

// say prints; an output that is gone is nobody's loss.
func (c *command) say(format string, args ...any) { _, _ = fmt.Fprintf(c.out, format, args...) }

// check reports every fault of the catalogues.
func (c *command) check() error {
	all, err := read(c.root)
	if err != nil {
		return err
	}
	if faults := locales.Check(all); len(faults) > 0 {
		return errors.Join(faults...)
	}
	c.say("%d messages in %d languages: nothing to object to\n", len(all[locales.Tags[0]]), len(all))
	return nil
}

// push sends English and the glossary.
func (c *command) push(ctx context.Context) error {
	if err := c.check(); err != nil {
		return err
	}
	if err := c.open(); err != nil {
		return err
	}
	all, err := read(c.root)
	if err != nil {
		return err
	}
	source, err := describe(c.root, all[locales.Tags[0]])
	if err != nil {
		return err
	}
	if err := c.service.Push(ctx, source); err != nil {
		return fmt.Errorf("push messages: %w", err)
	}
	if err := c.service.PushGlossary(ctx, locales.Glossary()); err != nil {
		return fmt.Errorf("push glossary: %w", err)
	}
	c.say("pushed %d messages and %d terms\n", len(source), len(locales.Glossary()))
	return nil
}

// coverage prints the share of messages that are translated and approved, and fails below the least.
func (c *command) coverage(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("coverage", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	least := flags.Int("min", defaultCoverage, "least percentage for a release")
	release := flags.String("release", "", "the release's name")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return usageError("coverage [-min 95] [-release NAME]")
	}
	if err := c.open(); err != nil {
		return err
	}
	return c.covered(ctx, *release, *least)
}

func (c *command) covered(ctx context.Context, release string, least int) error {
	all, err := read(c.root)
	if err != nil {
		return err
	}
	progress, err := c.service.Progress(ctx, all[locales.Tags[0]])
	if err != nil {
		return fmt.Errorf("progress: %w", err)
	}
	if release != "" {
		c.say("Translation coverage of %s\n\n", release)
	}
	c.say("| language | translated | approved | least |\n| --- | ---: | ---: | ---: |\n")
	var faults []error
	for _, tag := range targets {
		p := progress[tag]
		want := "–"
		if slices.Contains(required, tag) {
			want = fmt.Sprintf("%d %%", least)
			if p.Approved < least {
				faults = append(faults, fmt.Errorf("%s: %d %% approved, a release needs %d %%", tag, p.Approved, least))
			}
		}
		c.say("| %s | %d %% | %d %% | %s |\n", tag, p.Translated, p.Approved, want)
	}
	return errors.Join(faults...)
}

// pull writes the approved translations. A message that is not approved keeps the translation that is here, so that a
// catalogue never loses a key. Nothing is written unless everything is in order.
func (c *command) pull(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("pull", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	least := flags.Int("min", defaultCoverage, "least percentage of approved messages")
	if err := flags.Parse(args); err != nil || flags.NArg() > 0 {
		return usageError("pull [-min 95]")
	}
	if err := c.open(); err != nil {
		return err
	}
	if err := c.covered(ctx, "", *least); err != nil {
		return err
	}
	all, err := read(c.root)
	if err != nil {
		return err
	}
	changed := map[string]int{}
	for _, tag := range targets {
		approved, err := c.service.Pull(ctx, tag)
		if err != nil {
			return fmt.Errorf("pull %s: %w", tag, err)
		}
		changed[tag] = merge(all[locales.Tags[0]], all[tag], approved)
	}
	if faults := locales.Check(all); len(faults) > 0 {
		return fmt.Errorf("nothing is written, the translations have faults:\n%w", errors.Join(faults...))
	}
	for _, tag := range slices.Sorted(maps.Keys(changed)) {
		if err := write(c.root, tag, all[tag]); err != nil {
			return err
		}
		c.say("%s: %d messages changed\n", tag, changed[tag])
	}
	return nil
}

// merge takes over the approved translations of keys that English has, and counts the changes.
func merge(english, texts, approved map[string]string) (changed int) {
	for key, text := range approved {
		if _, known := english[key]; !known || text == "" || texts[key] == text {
			continue
		}
		texts[key] = text
		changed++
	}
	return changed
}
