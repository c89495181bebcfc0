package main

import (
	"fmt"
	"os"
	"path/filepath"

	"ghasi.io/portal/locales"
)

// pseudo writes the two test languages into a folder, as catalogues.
func (c *command) pseudo(args []string) error {
	if len(args) != 1 {
		return usageError("pseudo DIR")
	}
	all, err := read(c.root)
	if err != nil {
		return err
	}
	for _, tag := range locales.PseudoTags {
		texts := map[string]string{}
		for key, text := range all[locales.Tags[0]] {
			if texts[key], err = locales.Pseudo(tag, text); err != nil {
				return fmt.Errorf("%s: %w", key, err)
			}
		}
		if err := os.MkdirAll(filepath.Join(args[0], tag), 0o750); err != nil {
			return err
		}
		if err := write(args[0], tag, texts); err != nil {
			return err
		}
		c.say("%s: %d messages\n", tag, len(texts))
	}
	return nil
}
