package main

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
	"golang.org/x/net/idna"

	"gatehouse/assets"
	"gatehouse/components"
	"gatehouse/store"
	"gatehouse/store/identity"
	"gatehouse/store/postgres"
	"gatehouse/store/rules"
	"gatehouse/store/secret"
)

// settings are the flags of every command. Each is also an environment variable. A test
// compares them with the table in README.md.
type settings struct {
	Listen        string                 `default:"127.0.0.1:8080" help:"Address to listen on, or unix:/path for a socket. Port 0 picks a free one; the start line prints it. A socket that systemd holds is taken instead."`
	Drain         time.Duration          `default:"100ms" help:"How long the site goes on at its end while /readyz says that it stops, at most 1m: as long as a balancer needs to see that."`
	BaseURL       string                 `name:"base-url" placeholder:"URL" help:"Address people see, by default http://localhost:PORT. Decides which Host is answered and whether cookies are secure."`
	Database      string                 `default:"${database}" secret:"url" help:"A SQLite file, also as sqlite:FILE, or postgres://user:password@host/name, which many copies of the program may share."`
	BackupTo      string                 `placeholder:"FOLDER" help:"Folder for a backup a day, with its secret beside it. SQLite only."`
	BackupKeep    int                    `default:"${backup_keep}" help:"How many of them stay; 0 keeps all."`
	NoMigrate     bool                   `help:"Do not bring the database up to this version when serving; refuse an old one, as every other command does."`
	Registration  store.RegistrationMode `default:"open" enum:"open,confirm,invite,closed" help:"Who may register: open (anybody, signed in at once), confirm (anybody, once they open the link in a letter), invite (whom ${program} user invite writes to) or closed (nobody)."`
	SMTP          string                 `name:"smtp" placeholder:"URL" secret:"url" help:"Mail server, as smtp://user:password@host:587 (STARTTLS) or smtps://user:password@host:465. Without it a site that listens on this machine only, at http://localhost, shows its mail at /dev/mailbox, and any other sends none."`
	MailFrom      string                 `placeholder:"ADDRESS" help:"Who mail comes from, by default the name of the site and no-reply at the host of the base URL."`
	HeloName      string                 `placeholder:"NAME" help:"Name by which the site introduces itself to the mail server (HELO), by default the host of the base URL, or the address it calls from where that is no full host name."`
	NoNotices     bool                   `help:"Do not write to people about a changed password, second step or passkey, a new device, a closed account or too many wrong passwords."`
	Secret        string                 `placeholder:"BASE64" secret:"" help:"32 bytes in base64 that seal authenticator apps and letters waiting to be sent; all copies share one. By default a file beside the SQLite database, made at the first start. On PostgreSQL nobody can have a second step or a passkey without it."`
	Name          string                 `default:"Gatehouse" help:"The site's name on its pages."`
	Support       string                 `placeholder:"ADDRESS" help:"Where people get help: an email address, or the address of a page. Pages link to it and no longer send people to whoever runs the site."`
	Terms         string                 `placeholder:"URL" help:"Terms of service: a page that whoever makes an account agrees to."`
	Privacy       string                 `placeholder:"URL" help:"Privacy policy: the same."`
	PasswordMin   int                    `default:"12" help:"Minimum length of a new password in characters, 8 to 64. NIST asks for 15 where the password is all that protects an account."`
	BcryptCost    int                    `default:"12" help:"bcrypt cost of new passwords, 10 to 14. Each step doubles the time of a sign-in."`
	OldPepper     string                 `placeholder:"TEXT" secret:"" help:"What Devise of an earlier system added to passwords before they were hashed, while imported passwords of that kind are left."`
	SecondStep    secondStep             `placeholder:"WHO" preset:"staff, or optional at http://localhost" help:"Who must set up a second step before they can use the site: nobody (optional), those whose role is guarded (staff), or everybody (required). Everybody may have one. By default staff, and optional where the base URL is http://localhost."`
	TrustDays     int                    `default:"${trust_days}" help:"Days for which somebody may trust a browser with the second step, at most 90; 0 takes that away."`
	PasskeyDomain string                 `placeholder:"DOMAIN" help:"Domain that passkeys are made for: the host of the base URL, which is the default, or a parent of it. Changing it makes every passkey useless."`
	ClosedDays    int                    `default:"${closed_days}" help:"Days in which a closed account can be reopened before it is erased; 0 erases at once."`
	ActivityDays  int                    `default:"${activity_days}" help:"Days for which the activity of accounts is kept."`
	AuditDays     int                    `default:"${audit_days}" help:"Days for which the audit is kept: what administrators and the command line did."`

	LimitPassword      int           `default:"${limit_password}" help:"Wrong passwords and codes in a row for one account before every further try must wait, at first one second, then twice as long each time; 0 is no limit."`
	LimitWait          time.Duration `default:"${limit_wait}" help:"The longest that wrong passwords and codes make an account wait."`
	LimitFailures      store.Rates   `default:"${limit_failures}" help:"Wrong passwords and codes from one source, which is an IPv4 address or an IPv6 /64; off is no limit."`
	LimitRegister      store.Rates   `default:"${limit_register}" help:"New accounts from one source."`
	LimitRegisterAll   store.Rates   `default:"${limit_register_all}" help:"New accounts from everywhere."`
	LimitUsernameCheck store.Rates   `default:"${limit_username_check}" help:"How often one source may ask whether a username is free."`
	LimitLetters       store.Rates   `default:"${limit_letters}" help:"How many letters one source may ask for."`
	LimitLinks         store.Rates   `default:"${limit_links}" help:"How many invalid or expired links one source may open."`
	LimitPasskey       store.Rates   `default:"${limit_passkey}" help:"How often one source may begin with a passkey."`

	TrustedProxy  []string `placeholder:"NETWORK" help:"Networks whose X-Forwarded-For is believed, as 10.0.0.0/8; the client is the right-most address outside of them."`
	MetricsListen string   `placeholder:"ADDRESS" help:"Address to show metrics on, like 127.0.0.1:8090, as /metrics and in the format of Prometheus. They are for whoever can reach it: keep it private. Without it there are none."`
	LogFormat     string   `default:"text" enum:"text,json" help:"How log lines are written to stderr: text or json."`
	InsecureTest  bool     `help:"For tests on loopback only: allows bcrypt cost 4 and turns the limits off."`
}

// defaults are the program's names and the defaults that the store defines.
var defaults = kong.Vars{
	"program":              identity.Program,
	"database":             identity.Database,
	"roles":                roleWords(),
	"backup_keep":          "14",
	"trust_days":           strconv.Itoa(int(store.DefaultRules.Trust / day)),
	"closed_days":          strconv.Itoa(int(store.DefaultRules.Reopen / day)),
	"activity_days":        strconv.Itoa(int(store.DefaultRules.EventRetention / day)),
	"audit_days":           strconv.Itoa(int(store.DefaultRules.AuditRetention / day)),
	"limit_password":       strconv.Itoa(store.DefaultLimits.WrongPasswords),
	"limit_wait":           strings.TrimSuffix(store.DefaultLimits.LongestWait.String(), "0s"),
	"limit_failures":       store.DefaultLimits.Failures.String(),
	"limit_register":       store.DefaultLimits.Registrations.String(),
	"limit_register_all":   store.DefaultLimits.AllRegistrations.String(),
	"limit_username_check": store.DefaultLimits.UsernameChecks.String(),
	"limit_letters":        store.DefaultLimits.Letters.String(),
	"limit_links":          store.DefaultLimits.Links.String(),
	"limit_passkey":        store.DefaultLimits.Passkeys.String(),
}

const day = 24 * time.Hour

// rules are the account rules that the settings define for a site with that base URL.
func (s *settings) rules(base *url.URL) store.Rules {
	step := s.secondStep(base)
	rules := store.Rules{
		Reopen: time.Duration(s.ClosedDays) * day, NoNotices: s.NoNotices,
		EventRetention: time.Duration(s.ActivityDays) * day, AuditRetention: time.Duration(s.AuditDays) * day,
		SecondStepRequired: step == secondStepRequired, SecondStepStaff: step == secondStepStaff, Trust: time.Duration(s.TrustDays) * day,
	}
	if !s.InsecureTest {
		rules.Limits = store.Limits{
			WrongPasswords: s.LimitPassword, LongestWait: s.LimitWait, Failures: s.LimitFailures,
			Registrations: s.LimitRegister, AllRegistrations: s.LimitRegisterAll, UsernameChecks: s.LimitUsernameCheck,
			Letters: s.LimitLetters, Links: s.LimitLinks, Passkeys: s.LimitPasskey,
		}
	}
	return rules
}

// checked holds the parsed settings, once all are valid.
type checked struct {
	base     *url.URL // nil until the port is known
	database string
	proxies  []string
	contacts components.Contacts
	// passkeyDomain is empty for the host of base.
	passkeyDomain string
}

// check returns an error for the first invalid setting, in one sentence.
func (s *settings) check() (checked, error) {
	var c checked
	if s.PasswordMin < rules.PasswordFloor || s.PasswordMin > rules.PasswordCeiling {
		return c, usageError{fmt.Errorf("--password-min must be %d to %d", rules.PasswordFloor, rules.PasswordCeiling)}
	}
	least := secret.BcryptCostMin
	if s.InsecureTest {
		least = bcryptCostTest
	}
	if s.BcryptCost < least || s.BcryptCost > secret.BcryptCostMax {
		return c, usageError{fmt.Errorf("--bcrypt-cost must be %d to %d", least, secret.BcryptCostMax)}
	}
	if s.LimitPassword < 0 || s.LimitPassword > 50 {
		return c, usageError{errors.New("--limit-password must be 0 to 50")}
	}
	if s.LimitWait < time.Second || s.LimitWait > 24*time.Hour {
		return c, usageError{errors.New("--limit-wait must be 1s to 24h")}
	}
	if err := s.checkSecondStep(); err != nil {
		return c, err
	}
	if days := int(store.TrustMax / day); s.TrustDays < 0 || s.TrustDays > days {
		return c, usageError{fmt.Errorf("--trust-days must be 0 to %d", days)}
	}
	if s.ClosedDays < 0 || s.ClosedDays > 365 {
		return c, usageError{errors.New("--closed-days must be 0 to 365")}
	}
	if s.ActivityDays < 1 || s.ActivityDays > 3650 {
		return c, usageError{errors.New("--activity-days must be 1 to 3650")}
	}
	if s.AuditDays < 1 || s.AuditDays > 3650 {
		return c, usageError{errors.New("--audit-days must be 1 to 3650")}
	}
	host, err := s.checkListen()
	if err != nil {
		return c, err
	}
	if s.Drain < 0 || s.Drain > drainMost {
		return c, usageError{fmt.Errorf("--drain must be 0s to %s", drainMost)}
	}
	if _, unix := unixPath(s.Listen); s.InsecureTest && !unix && !rules.IsLoopback(host) {
		return c, usageError{errors.New("--insecure-test is for loopback addresses only")}
	}
	if s.BaseURL != "" {
		if c.base, err = parseBase(s.BaseURL); err != nil {
			return c, usageError{err}
		}
	}
	if s.PasskeyDomain != "" {
		if c.passkeyDomain, err = parseDomain(s.PasskeyDomain); err != nil {
			return c, usageError{err}
		}
	}
	if err := s.checkPasskeyDomain(c); err != nil {
		return c, err
	}
	// Configuration files also separate networks by spaces and line ends.
	for _, network := range strings.Fields(strings.Join(s.TrustedProxy, " ")) {
		prefix, err := parseNetwork(network)
		if err != nil {
			return c, usageError{fmt.Errorf("--trusted-proxy must be networks like 10.0.0.0/8, not %q", network)}
		}
		c.proxies = append(c.proxies, prefix.String())
	}
	if c.contacts, err = s.contacts(); err != nil {
		return c, usageError{err}
	}
	if c.database, err = databasePlace(s.Database); err != nil {
		return c, usageError{err}
	}
	if s.BackupTo != "" && postgres.IsURL(c.database) {
		return c, usageError{errors.New("--backup-to is for SQLite; PostgreSQL has pg_dump -Fc")}
	}
	if s.BackupKeep < 0 {
		return c, usageError{errors.New("--backup-keep must be 0 or more")}
	}
	if s.Secret != "" {
		if _, err := readSecret(s.Secret); err != nil {
			return c, usageError{err}
		}
	}
	if err := s.checkMail(c); err != nil {
		return c, err
	}
	if rules.CanonicalName(s.Name) == "" || rules.CheckName(s.Name) != nil {
		return c, usageError{errors.New("--name must be a short line of text in which nothing is invisible")}
	}
	if !assets.Built() {
		return c, errors.New("this program was built without its assets; run make build")
	}
	return c, nil
}

const bcryptCostTest = 4

// parseBase reads a base URL: an origin without a path. Plain http is allowed only for this
// machine, because passwords travel over it.
func parseBase(value string) (*url.URL, error) {
	u, err := url.Parse(value)
	if err == nil && u.User != nil {
		// The value is not repeated, because it may contain a password.
		return nil, errors.New("--base-url must be a scheme and a host, like https://accounts.example.com, without a username")
	}
	if err != nil || strings.TrimSuffix(u.Hostname(), ".") == "" || u.Port() != "" && !isPort(u.Port()) || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return nil, fmt.Errorf("--base-url must be a scheme and a host, like https://accounts.example.com, not %q", value)
	}
	switch {
	case u.Scheme == "https", u.Scheme == "http" && rules.IsLoopback(u.Hostname()):
	case u.Scheme == "http":
		return nil, errors.New("--base-url must be https, unless its host is localhost: passwords travel over it")
	default:
		return nil, fmt.Errorf("--base-url must begin with https://, not %q", value)
	}
	// As browsers write it: without the default port, and in ASCII form. With a trailing dot it
	// would be a different site for them.
	name, err := idna.Lookup.ToASCII(u.Hostname())
	if err != nil {
		name = strings.ToLower(u.Hostname()) // such as an IPv6 address
	}
	name = strings.TrimSuffix(name, ".")
	if strings.Contains(name, ":") {
		name = "[" + name + "]"
	}
	port := u.Port()
	if port != "" && port != map[string]string{"http": "80", "https": "443"}[u.Scheme] {
		name += ":" + port
	}
	return &url.URL{Scheme: u.Scheme, Host: name}, nil
}

func parseNetwork(value string) (netip.Prefix, error) {
	if address, err := netip.ParseAddr(value); err == nil {
		return address.Prefix(address.BitLen())
	}
	return netip.ParsePrefix(value)
}

// databasePlace returns a postgres:// URL as it is, and otherwise the absolute path of a file,
// because SQLite gives some short names, such as :memory:, a special meaning.
func databasePlace(value string) (string, error) {
	if postgres.IsURL(value) {
		// With an @ that is not percent-encoded, a part of the password becomes the host, and
		// errors name the host.
		_, authority, _ := strings.Cut(value, "://")
		authority, _, _ = strings.Cut(authority, "/")
		if _, err := url.Parse(value); err != nil || strings.Count(authority, "@") > 1 {
			return "", errors.New("--database cannot be read; it must be like postgres://user:password@host:5432/name, special characters of user and password percent-encoded")
		}
		return value, nil
	}
	if scheme, _, ok := strings.Cut(value, "://"); ok {
		// Only the scheme is repeated, because the rest may contain a password.
		return "", fmt.Errorf("--database must be a file, sqlite:FILE or postgres://..., not %s://", scheme)
	}
	// A mistyped URL, or a connection string as psql takes it, may contain a password and must
	// not become a file name.
	if lower := strings.ToLower(value); strings.HasPrefix(lower, "postgres") && strings.Contains(lower, ":") || psqlSetting.MatchString(lower) {
		return "", errors.New("--database must be a file, sqlite:FILE or a URL like postgres://user:password@host:5432/name")
	}
	file := strings.TrimPrefix(value, "sqlite:")
	if file == "" {
		return "", errors.New("--database must be a file, sqlite:FILE or postgres://..., not empty")
	}
	return filepath.Abs(file)
}

// psqlSetting is a setting in a libpq connection string that is not a URL.
var psqlSetting = regexp.MustCompile(`(^|\s)(host|hostaddr|dbname|user|password)\s*=`)

// isPort says whether text is a port number; 0 means any free port.
func isPort(text string) bool {
	_, err := strconv.ParseUint(text, 10, 16)
	return err == nil
}
