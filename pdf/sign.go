package pdf

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/smallstep/pkcs7"
)

// Signer signs documents. Key may live in a vault or a module of its own: it signs one SHA-256 digest a document.
type Signer struct {
	Key         crypto.Signer       // RSA or ECDSA; it belongs to Certificate
	Certificate *x509.Certificate   // of who signs
	Chain       []*x509.Certificate // what leads from it to a root, if anything; the root may be left out
	Name        string              // who signs, in words
	Reason      string              // why
	At          time.Time           // when, as the signer says
}

// Sign adds a signature over every byte of a document that [Doc.Write] wrote (PAdES baseline, ETSI.CAdES.detached). The
// document's own bytes stay as they are; the signature is appended. Errors: a document of another origin or signed
// already, a key that cannot sign or is not the certificate's.
func Sign(document []byte, s Signer) ([]byte, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	t, err := readTail(document)
	if err != nil {
		return nil, fmt.Errorf("sign pdf: %w", err)
	}
	room := 4096
	for _, c := range append([]*x509.Certificate{s.Certificate}, s.Chain...) {
		room += len(c.Raw)
	}
	out, contents, err := appendSignature(document, t, s, room)
	if err != nil {
		return nil, fmt.Errorf("sign pdf: %w", err)
	}
	signed := slices.Concat(out[:contents.from], out[contents.to:])
	der, err := s.cms(signed)
	if err != nil {
		return nil, fmt.Errorf("sign pdf: %w", err)
	}
	if len(der) > room {
		return nil, errors.New("sign pdf: the signature is larger than expected")
	}
	hex.Encode(out[contents.from+1:], der)
	return out, nil
}

func (s Signer) check() error {
	if s.Key == nil || s.Certificate == nil {
		return errors.New("sign pdf: no key or no certificate")
	}
	switch s.Key.Public().(type) {
	case *rsa.PublicKey, *ecdsa.PublicKey:
	default:
		return fmt.Errorf("sign pdf: a key of type %T cannot sign", s.Key.Public())
	}
	public, ok := s.Certificate.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(s.Key.Public()) {
		return errors.New("sign pdf: the key is not the certificate's")
	}
	return nil
}

// span is a range of bytes.
type span struct{ from, to int }

// appendSignature appends the objects of a signature that is still empty, and says where its value goes.
func appendSignature(document []byte, t tail, s Signer, room int) ([]byte, span, error) {
	var b bytes.Buffer
	b.Write(document)
	signature, field, table := t.size, t.size+1, t.size+2
	places := map[int]int{}
	put := func(id int, body string) {
		places[id] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", id, body)
	}
	put(catalogID, t.catalog+fmt.Sprintf("/AcroForm<</Fields[%s]/SigFlags 3>>>>", ref(field)))
	put(t.pageID, t.page+fmt.Sprintf("/Annots[%s]>>", ref(field)))
	put(field, fmt.Sprintf("<</Type/Annot/Subtype/Widget/FT/Sig/T(Signature1)/F 132/Rect[0 0 0 0]/P %s/V %s>>", ref(t.pageID), ref(signature)))
	places[signature] = b.Len()
	fmt.Fprintf(&b, "%d 0 obj\n<</Type/Sig/Filter/Adobe.PPKLite/SubFilter/ETSI.CAdES.detached/Name%s/Reason%s/M(%s)/ByteRange[",
		signature, textString(s.Name), textString(s.Reason), pdfDate(s.At))
	rangeAt := b.Len()
	const rangeRoom = 40
	b.Write(bytes.Repeat([]byte{' '}, rangeRoom))
	b.WriteString("]/Contents")
	contents := span{from: b.Len()}
	b.WriteByte('<')
	b.Write(bytes.Repeat([]byte{'0'}, 2*room))
	b.WriteByte('>')
	contents.to = b.Len()
	b.WriteString(">>\nendobj\n")
	start := b.Len()
	places[table] = start
	var index, entries []byte
	for _, id := range slices.Sorted(maps.Keys(places)) {
		index = fmt.Appendf(index, "%d 1 ", id)
		entries = appendEntry(entries, id, place{offset: places[id]})
	}
	fmt.Fprintf(&b, "%d 0 obj\n<</Type/XRef/Size %d/W[1 4 2]/Index[%s]/Prev %d/Root %s/Info %s/ID%s/Length %d>>\nstream\n%s\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n",
		table, table+1, index, t.start, ref(catalogID), ref(infoID), t.ids, len(entries), entries, start)
	out := b.Bytes()
	byteRange := fmt.Sprintf("0 %d %d %d", contents.from, contents.to, len(out)-contents.to)
	if len(byteRange) > rangeRoom {
		return nil, span{}, errors.New("the document is too large")
	}
	copy(out[rangeAt:], byteRange)
	return out, contents, nil
}

// The object identifiers of the attributes that are set or left out here.
var (
	oidSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
)

// signingCertificate is the attribute that binds the signature to its certificate (RFC 5035, with SHA-256).
type signingCertificate struct{ Certs []struct{ Hash []byte } }

// cms makes the detached signature over content.
func (s Signer) cms(content []byte) ([]byte, error) {
	return buildCMS(content, s.Certificate, s.Chain, s.Key.Public(), func(digest []byte) ([]byte, error) {
		value, err := s.Key.Sign(rand.Reader, digest, crypto.SHA256)
		if err != nil {
			return nil, fmt.Errorf("key: %w", err)
		}
		return value, nil
	})
}

// buildCMS makes a detached signature whose value comes from sign, which is given the SHA-256 of the signed attributes.
// PAdES wants no signing time among them (the document says it) and the library always puts one in, from a clock of its
// own; so it is taken out first.
func buildCMS(content []byte, c *x509.Certificate, chain []*x509.Certificate, public crypto.PublicKey, sign func([]byte) ([]byte, error)) ([]byte, error) {
	data, err := pkcs7.NewSignedData(content)
	if err != nil {
		return nil, err
	}
	data.SetDigestAlgorithm(pkcs7.OIDDigestAlgorithmSHA256)
	sum := sha256.Sum256(c.Raw)
	err = data.AddSigner(c, publicOnly{public}, pkcs7.SignerInfoConfig{ExtraSignedAttributes: []pkcs7.Attribute{
		{Type: oidSigningCertificateV2, Value: signingCertificate{Certs: []struct{ Hash []byte }{{sum[:]}}}},
	}})
	if err != nil {
		return nil, err
	}
	for _, parent := range chain {
		data.AddCertificate(parent)
	}
	info := &data.GetSignedData().SignerInfos[0]
	for i, a := range info.AuthenticatedAttributes {
		if a.Type.Equal(oidSigningTime) {
			info.AuthenticatedAttributes = slices.Delete(info.AuthenticatedAttributes, i, i+1)
			break
		}
	}
	attributes, err := asn1.MarshalWithParams(info.AuthenticatedAttributes, "set")
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(attributes)
	if info.EncryptedDigest, err = sign(digest[:]); err != nil {
		return nil, err
	}
	data.Detach()
	return data.Finish()
}

// publicOnly stands in for a key whose public half alone is known: what it signs is replaced.
type publicOnly struct{ public crypto.PublicKey }

func (k publicOnly) Public() crypto.PublicKey { return k.public }

func (publicOnly) Sign(io.Reader, []byte, crypto.SignerOpts) ([]byte, error) { return []byte{0}, nil }
