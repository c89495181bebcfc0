package problem

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"ghasi.io/portal/portal"
)

// maxEcho bounds what we repeat of a caller's own names.
const maxEcho = 64

// Decode reads one JSON object from r's body into dst, at most max bytes. Unknown fields (also those that
// differ in case), a field that occurs twice, a second value, NUL, invalid UTF-8, half a surrogate pair and another media
// type are refused: readers disagree about such bodies. The error is a [portal.Error] for [Write]: TooLarge, or Invalid (400; 415
// for the media type; 422 with the field's name for a value of the wrong type).
func Decode(w http.ResponseWriter, r *http.Request, max int64, dst any) error {
	if err := wantType(r, "application/json"); err != nil {
		return err
	}
	body, err := read(w, r, max)
	if err != nil {
		return err
	}
	switch {
	case !utf8.Valid(body):
		return unreadable("The body is not valid UTF-8.", nil)
	case hasNUL(body):
		return unreadable("The body contains a NUL character.", nil)
	case !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")):
		return unreadable("The body must be one JSON object.", nil)
	}
	dec := jsontext.NewDecoder(bytes.NewReader(body))
	if err := json.UnmarshalDecode(dec, dst, json.RejectUnknownMembers(true)); err != nil {
		return decodeError(err)
	}
	if _, err := dec.ReadToken(); !errors.Is(err, io.EOF) {
		return unreadable("The body must be one JSON object and nothing after it.", err)
	}
	return nil
}

// Form reads an application/x-www-form-urlencoded body, at most max bytes, and nothing of the query. A parameter that
// occurs twice, NUL and invalid UTF-8 are refused (RFC 6749, section 3.2). Errors as for [Decode].
func Form(w http.ResponseWriter, r *http.Request, max int64) (map[string]string, error) {
	if err := wantType(r, "application/x-www-form-urlencoded"); err != nil {
		return nil, err
	}
	r.Body = http.MaxBytesReader(w, r.Body, max)
	if err := r.ParseForm(); err != nil {
		return nil, bodyError(err)
	}
	values, err := Single(r.PostForm)
	if err != nil {
		return nil, err
	}
	return values, nil
}

// Single makes one value of each parameter, and refuses repeated ones, NUL and invalid UTF-8.
func Single(params map[string][]string) (map[string]string, error) {
	values := make(map[string]string, len(params))
	for name, v := range params {
		if len(v) != 1 {
			return nil, unreadable("The parameter "+echo(name)+" occurs more than once.", nil)
		}
		if !utf8.ValidString(v[0]) || strings.ContainsRune(v[0], 0) {
			return nil, unreadable("The parameter "+echo(name)+" contains characters that are not allowed.", nil)
		}
		values[name] = v[0]
	}
	return values, nil
}

func wantType(r *http.Request, want string) error {
	got, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err == nil && got == want {
		return nil
	}
	return &portal.Error{Code: portal.Invalid, Detail: "Send the body as " + want + ".", Err: StatusError(http.StatusUnsupportedMediaType)}
}

func read(w http.ResponseWriter, r *http.Request, max int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, max))
	if err != nil {
		return nil, bodyError(err)
	}
	return body, nil
}

func bodyError(err error) error {
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return portal.Fail(portal.TooLarge, err)
	}
	return unreadable("The body cannot be read.", err)
}

func decodeError(err error) error {
	var malformed *jsontext.SyntacticError
	if errors.As(err, &malformed) && errors.Is(err, jsontext.ErrDuplicateName) {
		return unreadable("The field "+echo(malformed.JSONPointer.LastToken())+" occurs more than once.", err)
	}
	var mismatch *json.SemanticError
	if errors.As(err, &mismatch) && malformed == nil {
		if errors.Is(err, json.ErrUnknownName) {
			return unreadable("There is no field "+echo(mismatch.JSONPointer.LastToken())+".", err)
		}
		if name := fieldName(mismatch.JSONPointer); name != "" {
			return portal.InvalidField(name, "field.invalid")
		}
	}
	return unreadable("The body is not valid JSON.", err)
}

// fieldName is the field that p points into, "a.b" for a nested one. The places in its lists are left out.
func fieldName(p jsontext.Pointer) string {
	var names []string
	for name := range p.Tokens() {
		if strings.Trim(name, "0123456789") != "" {
			names = append(names, name)
		}
	}
	return strings.Join(names, ".")
}

func unreadable(detail string, err error) error {
	return &portal.Error{Code: portal.Invalid, Detail: detail, Err: err}
}

// echo quotes a caller's name shortened, as printable text.
func echo(name string) string {
	name = strings.ToValidUTF8(name, "\uFFFD")
	if len(name) > maxEcho {
		name = strings.ToValidUTF8(name[:maxEcho], "") + "…"
	}
	return `"` + strings.Map(func(c rune) rune {
		if c < ' ' || c == '"' || c == 0x7f {
			return '\uFFFD'
		}
		return c
	}, name) + `"`
}

// hasNUL reports whether body has a NUL, raw or escaped. An escape is one only after an even number of backslashes.
func hasNUL(body []byte) bool {
	if bytes.IndexByte(body, 0) >= 0 {
		return true
	}
	for rest := body; ; {
		i := bytes.IndexByte(rest, '\\')
		if i < 0 || i+1 >= len(rest) {
			return false
		}
		if bytes.HasPrefix(rest[i+1:], []byte("u0000")) {
			return true
		}
		rest = rest[i+2:] // past the escaped character, which may be a backslash
	}
}
