package config

import (
	"fmt"
	"io"
	"reflect"
	"text/tabwriter"
)

// Print writes every setting as NAME=value, a line each. Secrets show only whether they are set.
func Print(w io.Writer, cfg Config) error {
	tw := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	v := reflect.ValueOf(cfg)
	for i := range v.NumField() {
		field := v.Type().Field(i)
		value := fmt.Sprint(v.Field(i).Interface())
		if field.Tag.Get("secret") == "true" {
			value = "(empty)"
			if !v.Field(i).IsZero() {
				value = "(set)"
			}
		}
		if _, err := fmt.Fprintf(tw, "%s\t%s\n", field.Tag.Get("env"), value); err != nil {
			return err
		}
	}
	return tw.Flush()
}
