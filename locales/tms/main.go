// Command tms exchanges the catalogues with a translation management system, Crowdin or Lokalise.
//
//	go run ./locales/tms check                 the catalogues that are here: keys, plurals, alphabets, glossary
//	go run ./locales/tms coverage [-min 95] [-release NAME]   share of translated and of approved messages a language
//	go run ./locales/tms push                  English, with context for translators, and the glossary
//	go run ./locales/tms pull [-min 95]        approved translations into locales/<tag>/messages.json
//	go run ./locales/tms pseudo DIR            en-XA and ar-XB, for testing
//
// push, pull and coverage speak to the service that TMS names:
//
//	TMS=crowdin   CROWDIN_PROJECT_ID, CROWDIN_TOKEN, CROWDIN_GLOSSARY_ID (optional), CROWDIN_URL (https://api.crowdin.com/api/v2)
//	TMS=lokalise  LOKALISE_PROJECT_ID, LOKALISE_TOKEN, LOKALISE_URL (https://api.lokalise.com/api2)
//
// It exits with 1 when something is wrong with the translations or the service, with 2 when it was called wrongly.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout)
	var usage usageError
	switch {
	case errors.As(err, &usage):
		fmt.Fprintln(os.Stderr, "tms:", err)
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "tms:", err)
		os.Exit(1)
	}
}

// usageError is a call that cannot be understood.
type usageError string

func (e usageError) Error() string { return string(e) }

// run is the command on given arguments, environment and output.
func run(ctx context.Context, args []string, env func(string) string, out io.Writer) error {
	if len(args) == 0 {
		return usageError("want check, coverage, push, pull or pseudo")
	}
	c := command{root: folder(env), env: env, out: out}
	name, rest := args[0], args[1:]
	switch name {
	case "check":
		return c.check()
	case "coverage":
		return c.coverage(ctx, rest)
	case "push":
		return c.push(ctx)
	case "pull":
		return c.pull(ctx, rest)
	case "pseudo":
		return c.pseudo(rest)
	}
	return usageError("no command " + name + ": want check, coverage, push, pull or pseudo")
}

// folder is where the catalogues are: the folder locales of the module that the command is run in.
func folder(env func(string) string) string {
	if dir := env("TMS_LOCALES"); dir != "" {
		return dir
	}
	return "locales"
}
