package views

import (
	"errors"
	"fmt"
	"io"
	"reflect"
)

// check executes every template with a zero value and with one whose every field is filled, in the languages of tags. A
// field that a template names and the struct lacks, markup that cannot be escaped, a missing message: all show here.
func (r *Renderer) check(tags []string) error {
	var problems []error
	for _, h := range registry {
		for _, tag := range tags {
			for _, data := range []any{h.zero(), filled(h)} {
				if err := r.execute(tag, h, data); err != nil {
					problems = append(problems, fmt.Errorf("%s in %s: %w", h.name, tag, err))
					break
				}
			}
		}
	}
	return errors.Join(problems...)
}

func (r *Renderer) execute(tag string, h *handle, data any) error {
	if h.kind == partial {
		return r.set(tag).content[h.index].Execute(io.Discard, data)
	}
	return r.page(io.Discard, tag, h, data)
}

func filled(h *handle) any {
	v := h.zero()
	fill(reflect.ValueOf(v).Elem(), "", 0)
	return v
}

// fill sets every exported field below v: one element in each slice, a target for each pointer.
func fill(v reflect.Value, field string, depth int) {
	const deepest = 8 // ends types that contain themselves
	if depth > deepest {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(sampleString(field))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	case reflect.Float32, reflect.Float64:
		v.SetFloat(1)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), field, depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0), field, depth+1)
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() {
				fill(v.Field(i), f.Name, depth+1)
			}
		}
	}
}

// sampleString is a value that the templates accept for a field of that name: icons must exist, addresses be local.
func sampleString(field string) string {
	switch field {
	case "Icon":
		return "circle"
	case "URL":
		return "/sample"
	default:
		return "sample"
	}
}
