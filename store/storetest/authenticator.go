package storetest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"gatehouse/store"
)

// Flags of what an authenticator answers (WebAuthn Level 3, 6.1).
const (
	Present        = 0x01
	VerifiedUser   = 0x04
	BackupEligible = 0x08
	BackedUp       = 0x10
	attested       = 0x40
)

// Algorithms of passkeys (RFC 9053).
const (
	ES256 = -7
	EdDSA = -8
)

// Authenticator is a software authenticator of tests: it makes passkeys and uses them as a browser
// with a password manager does, and lies as it is told to.
type Authenticator struct {
	// Origin is where the browser believes to be.
	Origin string
	// Model is the id of the model (AAGUID).
	Model [16]byte
	// Algorithm is ES256 or EdDSA.
	Algorithm int64
	// Synced says that its passkeys are on several devices; they then count nothing.
	Synced bool
	// Zero says that the public keys which it makes begin with a zero byte, as one in 256 does.
	Zero bool
	// Keys are the passkeys that it has, the newest last.
	Keys []*Key
	// Lie changes what it is about to answer, before that is signed. Sent changes the JSON that the
	// browser then sends. Both may be nil.
	Lie  func(*Response)
	Sent func(credential, response map[string]any)
}

// Key is a passkey.
type Key struct {
	ID, User []byte
	Domain   string
	// Count is how often it was used, on an authenticator that counts.
	Count  uint32
	signer crypto.Signer
}

// Response is what an authenticator is about to answer.
type Response struct {
	// Type, Challenge, Origin, CrossOrigin and TopOrigin are what the browser says of itself.
	Type, Challenge, Origin string
	CrossOrigin             bool
	TopOrigin               string
	// Domain is whose digest the authenticator answers for.
	Domain string
	Flags  byte
	Count  uint32
	// ID and User are those of the passkey.
	ID, User []byte
	// Algorithm is what a new passkey says of its key.
	Algorithm int64
}

// NewAuthenticator is an authenticator on one device, at the site of that store.
func NewAuthenticator(origin string) *Authenticator {
	return &Authenticator{Origin: origin, Algorithm: ES256}
}

// asked is what of the options matters here.
type asked struct {
	Challenge string
	RPID      string
	RP        struct{ ID string }
	User      struct{ ID string }
	Exclude   []struct{ ID string } `json:"excludeCredentials"`
	Allow     []struct{ ID string } `json:"allowCredentials"`
}

// options are those of a ceremony as a page gets them: the field publicKey.
func options(t testing.TB, publicKey any) asked {
	t.Helper()
	text, ok := publicKey.(json.RawMessage)
	if !ok {
		var err error
		if text, err = json.Marshal(publicKey); err != nil {
			t.Fatal(err)
		}
	}
	var o asked
	if err := json.Unmarshal(text, &o); err != nil {
		t.Fatalf("read the options: %v", err)
	}
	return o
}

// Create makes a passkey for the options of a ceremony and returns what the page sends. Where the
// person has one in it already it fails the test, as a browser refuses.
func (a *Authenticator) Create(t testing.TB, publicKey any) string {
	t.Helper()
	o := options(t, publicKey)
	for _, exclude := range o.Exclude {
		if a.find(decode(t, exclude.ID)) != nil {
			t.Fatal("the authenticator has a passkey of this account already")
		}
	}
	key := &Key{ID: random(32), User: decode(t, o.User.ID), Domain: o.RP.ID}
	public, begins := map[int]any{}, byte(1)
	for begins != 0 {
		key.signer, public, begins = a.newKey(t)
		if !a.Zero {
			break
		}
	}
	r := a.response("webauthn.create", o.Challenge, key)
	r.Flags |= attested
	r.Algorithm = a.Algorithm
	a.lie(&r)
	public[3] = r.Algorithm
	data := r.authenticatorData()
	data = append(data, a.Model[:]...)
	data = binary.BigEndian.AppendUint16(data, uint16(len(r.ID)))
	data = append(append(data, r.ID...), encode(t, public)...)
	object := encode(t, map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data})
	key.ID, key.User = r.ID, r.User
	a.Keys = append(a.Keys, key)
	return a.send(t, r, map[string]any{
		"clientDataJSON": text64(r.clientData(t)), "attestationObject": text64(object), "transports": []string{"internal", "hybrid"},
	})
}

// newKey makes a pair of keys and says how the public one begins.
func (a *Authenticator) newKey(t testing.TB) (signer crypto.Signer, public map[int]any, begins byte) {
	t.Helper()
	if a.Algorithm == EdDSA {
		point, private, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		return private, map[int]any{1: 1, -1: 6, -2: []byte(point)}, point[0]
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	point, err := private.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	return private, map[int]any{1: 2, -1: 1, -2: point[1:33], -3: point[33:]}, point[1]
}

// Get uses a passkey for the options of a ceremony and returns what the page sends: the newest that
// the options allow.
func (a *Authenticator) Get(t testing.TB, publicKey any) string {
	t.Helper()
	o := options(t, publicKey)
	for _, key := range slices.Backward(a.Keys) {
		allowed := slices.ContainsFunc(o.Allow, func(allow struct{ ID string }) bool { return string(decode(t, allow.ID)) == string(key.ID) })
		if key.Domain == o.RPID && (len(o.Allow) == 0 || allowed) {
			return a.Use(t, publicKey, key)
		}
	}
	t.Fatal("the authenticator has no such passkey")
	return ""
}

// Use is Get with a passkey that the options need not allow.
func (a *Authenticator) Use(t testing.TB, publicKey any, key *Key) string {
	t.Helper()
	if !a.Synced {
		key.Count++
	}
	r := a.response("webauthn.get", options(t, publicKey).Challenge, key)
	a.lie(&r)
	clientData, data := r.clientData(t), r.authenticatorData()
	sum := sha256.Sum256(clientData)
	signed := append(slices.Clone(data), sum[:]...)
	hash := crypto.Hash(0)
	if _, ec := key.signer.(*ecdsa.PrivateKey); ec {
		digest := sha256.Sum256(signed)
		signed, hash = digest[:], crypto.SHA256
	}
	signature, err := key.signer.Sign(rand.Reader, signed, hash)
	if err != nil {
		t.Fatal(err)
	}
	return a.send(t, r, map[string]any{
		"clientDataJSON": text64(clientData), "authenticatorData": text64(data), "signature": text64(signature), "userHandle": text64(r.User),
	})
}

// Forget loses the passkey with that id, as after a signal.
func (a *Authenticator) Forget(id []byte) {
	a.Keys = slices.DeleteFunc(a.Keys, func(k *Key) bool { return string(k.ID) == string(id) })
}

func (a *Authenticator) find(id []byte) *Key {
	for _, key := range a.Keys {
		if string(key.ID) == string(id) {
			return key
		}
	}
	return nil
}

func (a *Authenticator) response(kind, challenge string, key *Key) Response {
	r := Response{
		Type: kind, Challenge: challenge, Origin: a.Origin, Domain: key.Domain, Flags: Present | VerifiedUser,
		Count: key.Count, ID: key.ID, User: key.User,
	}
	if a.Synced {
		r.Flags |= BackupEligible | BackedUp
	}
	return r
}

func (a *Authenticator) lie(r *Response) {
	if a.Lie != nil {
		a.Lie(r)
	}
}

func (r Response) clientData(t testing.TB) []byte {
	t.Helper()
	data := map[string]any{"type": r.Type, "challenge": r.Challenge, "origin": r.Origin, "crossOrigin": r.CrossOrigin}
	if r.TopOrigin != "" {
		data["topOrigin"] = r.TopOrigin
	}
	text, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (r Response) authenticatorData() []byte {
	sum := sha256.Sum256([]byte(r.Domain))
	return binary.BigEndian.AppendUint32(append(sum[:], r.Flags), r.Count)
}

func (a *Authenticator) send(t testing.TB, r Response, response map[string]any) string {
	t.Helper()
	credential := map[string]any{
		"id": text64(r.ID), "rawId": text64(r.ID), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{}, "response": response,
	}
	if a.Sent != nil {
		a.Sent(credential, response)
	}
	text, err := json.Marshal(credential)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func text64(data []byte) string { return base64.RawURLEncoding.EncodeToString(data) }

func decode(t testing.TB, text string) []byte {
	t.Helper()
	data, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatalf("decode %q: %v", text, err)
	}
	return data
}

func encode(t testing.TB, value any) []byte {
	t.Helper()
	data, err := cbor.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func random(n int) []byte {
	data := make([]byte, n)
	rand.Read(data)
	return data
}

// AddPasskey gives whoever is signed in a passkey of an authenticator or fails the test. It returns
// what came of it.
func AddPasskey(t testing.TB, s *store.Store, a *Authenticator, n store.SignIn) store.AddedPasskey {
	t.Helper()
	ctx := t.Context()
	user, err := s.UserByID(ctx, n.UserID)
	if err != nil {
		t.Fatalf("find user %d: %v", n.UserID, err)
	}
	ceremony, err := s.BeginPasskey(ctx, n, user)
	if err != nil {
		t.Fatalf("begin with a passkey: %v", err)
	}
	name := func(string) string { return fmt.Sprintf("Key %d", len(a.Keys)) }
	added, err := s.AddPasskey(ctx, n, user, ceremony.Token, a.Create(t, ceremony.PublicKey), name, From)
	if err != nil {
		t.Fatalf("add a passkey: %v", err)
	}
	return added
}

// Browser is the cookie of a browser that begins with a passkey.
const Browser = "a browser"

// SignInByPasskey is a whole sign-in with a passkey, as pages do it.
func SignInByPasskey(t testing.TB, s *store.Store, a *Authenticator, from store.Origin) (store.SignIn, error) {
	t.Helper()
	ceremony, err := s.BeginPasskeySignIn(Browser)
	if err != nil {
		t.Fatalf("begin with a passkey: %v", err)
	}
	entry, err := s.AuthenticateByPasskey(t.Context(), ceremony.Token, a.Get(t, ceremony.PublicKey), Browser, from)
	if err != nil {
		return store.SignIn{}, err
	}
	return s.SignIn(t.Context(), entry, from)
}
