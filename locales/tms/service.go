package main

import (
	"context"

	"ghasi.io/portal/locales"
)

// Service is a translation management system, as far as this command uses one. Messages are whole catalogues: key →
// text in ICU MessageFormat. Tags are ours; an adapter maps them to the service's.
type Service interface {
	// Push makes the service's source strings those of source, with a note for translators each.
	Push(ctx context.Context, source []Source) error
	// PushGlossary makes the service's glossary hold the terms.
	PushGlossary(ctx context.Context, terms []locales.Term) error
	// Pull returns the approved translations of one language. What is not approved is absent.
	Pull(ctx context.Context, tag string) (map[string]string, error)
	// Progress returns the state of each language, against the English catalogue.
	Progress(ctx context.Context, english map[string]string) (map[string]Progress, error)
}

// Source is one English message and what a translator should know about it.
type Source struct {
	Key, Text, Context string
}

// Progress counts messages of one language in percent, rounded down: 99.9 % is not whole.
type Progress struct {
	Translated, Approved int
}

// target are the languages that are translated, and those without which nothing is released.
var (
	targets  = locales.Tags[1:]
	required = []string{"fa-AF", "ps"}
)

// service builds the adapter that the environment names.
func service(env func(string) string) (Service, error) {
	need := func(names ...string) error {
		for _, name := range names {
			if env(name) == "" {
				return usageError("set " + name)
			}
		}
		return nil
	}
	switch env("TMS") {
	case "crowdin":
		if err := need("CROWDIN_PROJECT_ID", "CROWDIN_TOKEN"); err != nil {
			return nil, err
		}
		return newCrowdin(env("CROWDIN_URL"), env("CROWDIN_PROJECT_ID"), env("CROWDIN_GLOSSARY_ID"), env("CROWDIN_TOKEN"))
	case "lokalise":
		if err := need("LOKALISE_PROJECT_ID", "LOKALISE_TOKEN"); err != nil {
			return nil, err
		}
		return newLokalise(env("LOKALISE_URL"), env("LOKALISE_PROJECT_ID"), env("LOKALISE_TOKEN"))
	}
	return nil, usageError("set TMS to crowdin or lokalise")
}
