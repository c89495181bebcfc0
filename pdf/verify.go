package pdf

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smallstep/pkcs7"
)

// Signature is a signature that holds.
type Signature struct {
	Name, Reason string    // as the signer says
	At           time.Time // as the signer says
	Certificate  *x509.Certificate
}

// The reasons for which [Verify] refuses.
var (
	ErrUnsigned  = errors.New("pdf: no signature")
	ErrPartial   = errors.New("pdf: the signature does not cover the whole file")
	ErrChanged   = errors.New("pdf: the file was changed after it was signed")
	ErrUntrusted = errors.New("pdf: the signer's certificate is not trusted")
)

var signaturePattern = regexp.MustCompile(`/Type/Sig/Filter/Adobe\.PPKLite/SubFilter/ETSI\.CAdES\.detached` +
	`/Name(\([^)]*\)|<[0-9A-F]*>)/Reason(\([^)]*\)|<[0-9A-F]*>)/M\(D:(\d{14})Z\)/ByteRange\[0 (\d{1,10}) (\d{1,10}) (\d{1,10}) *\]/Contents<`)

// Verify checks a document that [Sign] signed: that the signature is over every byte of the file, that no byte differs,
// and that roots vouch for the signer (at the time of signing). Nil roots trust any certificate: then it is the caller who compares it with the
// one expected. Errors: [ErrUnsigned], [ErrPartial], [ErrChanged], [ErrUntrusted].
func Verify(document []byte, roots *x509.CertPool) (Signature, error) {
	found := signaturePattern.FindAllSubmatchIndex(document, 2)
	switch len(found) {
	case 0:
		return Signature{}, ErrUnsigned
	case 1:
	default:
		return Signature{}, ErrPartial // one of the two is over less than the file
	}
	at := found[0]
	field := func(i int) string { return string(document[at[2*i]:at[2*i+1]]) }
	number := func(i int) int {
		n, _ := strconv.Atoi(field(i)) // ten digits
		return n
	}
	first, second, length := number(4), number(5), number(6)
	if first != at[1]-1 || second <= first+2 || second+length != len(document) || document[second-1] != '>' {
		return Signature{}, ErrPartial
	}
	certificate, chain, err := checkCMS(document[first+1:second-1], slices.Concat(document[:first], document[second:]))
	if err != nil {
		return Signature{}, fmt.Errorf("%w: %w", ErrChanged, err)
	}
	s := Signature{Name: textOf(field(1)), Reason: textOf(field(2)), Certificate: certificate}
	if s.At, err = time.Parse("20060102150405", field(3)); err != nil {
		return Signature{}, ErrChanged
	}
	if roots != nil {
		between := x509.NewCertPool()
		for _, c := range chain {
			between.AddCert(c)
		}
		if _, err := certificate.Verify(x509.VerifyOptions{
			Roots: roots, Intermediates: between, CurrentTime: s.At, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
		}); err != nil {
			return Signature{}, fmt.Errorf("%w: %w", ErrUntrusted, err)
		}
	}
	return s, nil
}

// signatureValue decodes the hexadecimal value without the zeros that fill its room.
func signatureValue(digits []byte) ([]byte, error) {
	padded := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(padded, digits); err != nil {
		return nil, err
	}
	var value asn1.RawValue
	rest, err := asn1.Unmarshal(padded, &value)
	if err != nil {
		return nil, err
	}
	if len(bytes.Trim(rest, "\x00")) > 0 {
		return nil, errors.New("something follows the signature")
	}
	return value.FullBytes, nil
}

// checkCMS checks that digits are the signature of content by the certificate that it names, to the last digit.
func checkCMS(digits, content []byte) (*x509.Certificate, []*x509.Certificate, error) {
	der, err := signatureValue(digits)
	if err != nil {
		return nil, nil, err
	}
	p7, err := pkcs7.Parse(der)
	if err != nil {
		return nil, nil, err
	}
	certificate := p7.GetOnlySigner()
	if certificate == nil || len(p7.Content) > 0 {
		return nil, nil, errors.New("not a detached signature of one signer")
	}
	p7.Content = content
	if err := p7.Verify(); err != nil {
		return nil, nil, err
	}
	// Some bytes of a signature are signed by nobody: versions, the case of digits. Made again from its parts, it must be
	// the same; this also binds it to its certificate, whose digest is a signed attribute.
	chain := slices.DeleteFunc(slices.Clone(p7.Certificates), certificate.Equal)
	again, err := buildCMS(content, certificate, chain, certificate.PublicKey, func([]byte) ([]byte, error) {
		return p7.Signers[0].EncryptedDigest, nil
	})
	if err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(again, der) || hex.EncodeToString(again)+strings.Repeat("0", len(digits)-2*len(again)) != string(digits) {
		return nil, nil, errors.New("not as it was written")
	}
	return certificate, chain, nil
}

// textOf decodes a string that textString encoded.
func textOf(s string) string {
	inner := s[1 : len(s)-1]
	if s[0] == '(' {
		return inner
	}
	raw, err := hex.DecodeString(strings.TrimPrefix(inner, "FEFF"))
	if err != nil || len(raw)%2 != 0 {
		return ""
	}
	return utf16Text(raw)
}

// Fingerprint is the SHA-256 of a certificate as people compare it: groups of four digits.
func Fingerprint(c *x509.Certificate) string {
	sum := crypto.SHA256.New()
	sum.Write(c.Raw)
	digits := strings.ToUpper(hex.EncodeToString(sum.Sum(nil)))
	var groups []string
	for group := range slices.Chunk([]byte(digits), 4) {
		groups = append(groups, string(group))
	}
	return strings.Join(groups, " ")
}
