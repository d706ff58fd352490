package storetest_test

import (
	"reflect"
	"slices"
	"testing"

	"gatehouse/store"
	. "gatehouse/store/storetest"
)

// The contract of what people may see of what is held about them.
func TestExportContract(t *testing.T) {
	contract(t, []promise{
		{"holds every column about a person that is not secret", exportsAll},
		{"holds nothing about anybody else", exportsOwn},
	})
}

// exported says for every column about people where in the export it is found.
// Empty are those that are secret, or say nothing that another does not.
var exported = map[string]map[string]string{
	"users": {
		"id": "ID", "username": "Username", "email": "Email", "name": "Name", "created_at": "CreatedAt",
		"disabled_at": "DisabledAt", "renamed_at": "RenamedAt", "closed_at": "ClosedAt",
		"confirmed_at": "VerifiedAt", "zone": "Zone", "password_at": "PasswordAt", "wrong_passwords": "",
		"role": "Role", "second_at": "SecondAt", "passkeys": "Passkeys", "passkey_user": "", "closed_noted_at": "", "email_key": "", "name_key": "", "name_turned": "", "password_scheme": "", "password_hash": "", "password_cost": "", "password_kind": "", "password_until": "", "epoch": "",
	},
	"signins": {
		"user_id": "UserID", "kind": "Kind", "created_at": "CreatedAt", "proved_at": "AuthenticatedAt", "seen_at": "SeenAt",
		"ends_at": "EndsAt", "idle_at": "IdleAt", "kept": "Remembered", "address": "Address", "agent": "Agent", "handle": "Handle",
		"passkey": "Passkey", "id": "", "device": "",
		// These are about somebody else.
		"looks_at_id": "", "looks_until": "",
	},
	"passkeys": {
		"id": "ID", "handle": "Handle", "domain": "Domain", "name": "Name", "model": "Model", "transports": "Transports", "sign_count": "SignCount",
		"backup_eligible": "BackupEligible", "backed_up": "BackedUp", "created_at": "CreatedAt", "used_at": "UsedAt",
		"user_id": "", "public_key": "", "confirmed": "",
	},
	"devices": {
		"created_at": "CreatedAt", "seen_at": "SeenAt", "trusted_until": "TrustedUntil", "user_id": "", "device": "", "trust": "",
	},
	"totp":           {"created_at": "AppAt", "user_id": "", "sealed": "", "last_step": "", "confirmed": ""},
	"recovery_codes": {"created_at": "CreatedAt", "used_at": "UsedAt", "user_id": "", "hash": ""},
	"events": {
		"id": "ID", "user_id": "UserID", "at": "At", "name": "Name", "operator": "Operator", "actor_id": "By",
		"address": "Address", "agent": "Agent", "request": "Request", "detail": "Detail",
	},
	"tokens": {
		"purpose": "Purpose", "email": "Email", "created_at": "CreatedAt", "expires_at": "ExpiresAt", "used_at": "UsedAt",
		"user_id": "", "hash": "", "email_key": "", "epoch": "",
		// These are those of invitations, which are nobody's yet.
		"role": "", "handle": "", "by_id": "",
	},
	"letters": {
		"kind": "Kind", "created_at": "Written", "outcome": "Outcome", "ended_at": "EndedAt",
		"id": "", "user_id": "", "address": "", "sealed": "", "tries": "", "due_at": "", "expires_at": "", "priority": "", "token": "",
	},
	"reserved_usernames": {"username": "Username", "until": "Until", "user_id": ""},
	"unwanted_letters":   {"kind": "Kind", "created_at": "CreatedAt", "user_id": ""},
}

func exportsAll(t *testing.T, h house) {
	h.lived(t, Ada())
	boss := h.staff(t, "boss", store.RoleAdmin)
	h.exec(t, `UPDATE signins SET kept = true`)
	h.exec(t, `UPDATE signins SET passkey = handle`)
	h.exec(t, `UPDATE passkeys SET sign_count = 1, backup_eligible = true, backed_up = true, used_at = created_at`)
	h.exec(t, `UPDATE devices SET trusted_until = created_at`)
	h.exec(t, `UPDATE recovery_codes SET used_at = created_at`)
	h.exec(t, `UPDATE users SET closed_at = created_at, confirmed_at = created_at, password_at = created_at, zone = 'Europe/Berlin'`)
	_, err := h.ResetToken(h.ctx, h.find(t, "ada-2"), Operator)
	must(t, err)
	h.exec(t, `UPDATE tokens SET used_at = created_at`)
	h.exec(t, `UPDATE users SET disabled_at = created_at`)
	h.exec(t, `UPDATE users SET disabled_at = NULL, closed_at = NULL WHERE id = $1`, boss.By)
	must(t, h.Enable(h.ctx, h.find(t, "ada-2"), boss))
	h.exec(t, `UPDATE users SET role = 'writer', disabled_at = created_at, closed_at = created_at`)
	export, err := h.Export(h.ctx, h.find(t, "ada-2"))
	must(t, err)
	found := map[string]any{
		"users": []store.User{export.User}, "signins": export.SignIns, "devices": export.Devices,
		"events": export.Events, "reserved_usernames": export.Reserved, "tokens": export.Links,
		"letters": export.Letters, "passkeys": export.Passkeys.Keys, "unwanted_letters": export.Unwanted, "totp": []store.Factors{export.Factors}, "recovery_codes": export.Factors.Codes,
	}
	columns := h.columns(t)
	for _, table := range append(h.owning(t), "users") {
		for _, column := range columns[table] {
			field, known := exported[table][column]
			if !known {
				t.Errorf("%s.%s is about a person: put it into Export, or say here that it is secret", table, column)
				continue
			}
			if field != "" && !anyHas(found[table], field) {
				t.Errorf("the export of %s lacks %s", table, field)
			}
		}
		if got := len(columns[table]); got != len(exported[table]) {
			t.Errorf("%s has %d columns, and %d are listed here", table, got, len(exported[table]))
		}
	}
}

// anyHas says whether that field of one element of a slice is not zero.
func anyHas(list any, field string) bool {
	all := reflect.ValueOf(list)
	for i := range all.Len() {
		if f := all.Index(i).FieldByName(field); f.IsValid() && !f.IsZero() {
			return true
		}
	}
	return false
}

func exportsOwn(t *testing.T, h house) {
	ada, other := h.lived(t, Ada()), h.lived(t, grace())
	for range store.EventsPerPage {
		must(t, h.Disable(h.ctx, ada, Operator))
		h.exec(t, `UPDATE users SET disabled_at = created_at`)
		must(t, h.Enable(h.ctx, ada, Operator))
	}
	export, err := h.Export(h.ctx, h.find(t, "ada-2"))
	must(t, err)
	if export.User != h.find(t, "ada-2") || len(export.SignIns) != 0 || len(export.Devices) != 1 || len(export.Reserved) != 1 ||
		export.Factors.AppAt.IsZero() || len(export.Factors.Codes) != store.RecoveryCodes ||
		len(export.Passkeys.Keys) != 1 || len(export.Passkeys.User) != 64 {
		t.Errorf("exported %+v", export)
	}
	if got, want := len(export.Events), h.owned(t, "events", ada); got != want || got <= 2*store.EventsPerPage {
		t.Errorf("exported %d events of %d", got, want)
	}
	if slices.ContainsFunc(export.Events, func(e store.Event) bool { return e.UserID == other.ID }) {
		t.Error("exported the events of somebody else")
	}
	if slices.ContainsFunc(export.Reserved, func(r store.ReservedUsername) bool { return r.Username == "grace" }) {
		t.Error("exported the username of somebody else")
	}
}
