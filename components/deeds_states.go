package components

import (
	"strings"

	"gatehouse/store"
)

func deedsStates() []State {
	grace, boss := personSample().User, verified(sampleUser)
	boss.Role = store.RoleAdmin
	keyed, long := grace, sampleLong
	keyed.HasPassword = false
	last := store.User{ID: 17, Username: "grace", Role: store.RoleAdmin}
	return []State{
		deedState("disable", NewDisableForm(sampleRoot, grace), func(*DeedForm) {}),
		deedState("disable-last-administrator", NewDisableForm(sampleRoot, last), func(f *DeedForm) {
			f.Problem = store.ErrLastAdmin.Error()
		}),
		deedState("disable-refused", NewDisableForm(sampleRoot, grace), func(f *DeedForm) {
			f.Reason.Value = strings.Repeat("w ", store.ReasonMax)
			f.Check()
		}),
		deedState("factors", NewFactorsForm(sampleRoot, grace), func(*DeedForm) {}),
		deedState("factors-no-password", NewFactorsForm(sampleRoot, keyed), func(*DeedForm) {}),
		deedState("close", NewAdminCloseForm(sampleRoot, grace, sampleGrace), func(*DeedForm) {}),
		deedState("close-at-once", NewAdminCloseForm(sampleRoot, grace, 0), func(*DeedForm) {}),
		deedState("erase", NewEraseForm(sampleRoot, grace), func(*DeedForm) {}),
		deedState("erase-refused", NewEraseForm(sampleRoot, grace), func(f *DeedForm) {
			f.Field("username").Value, f.Reason.Value = "ada", "Grace Hopper asked"
			f.Check()
		}),
		deedState("erase-longest", NewEraseForm(sampleRoot, long), func(*DeedForm) {}),
		deedState("role", NewRoleForm(sampleRoot, grace, boss), func(*DeedForm) {}),
		deedState("role-stale", NewRoleForm(sampleRoot, grace, boss), func(f *DeedForm) {
			f.Role.Refusal = "The role is Support by now. Check and send again."
		}),
		deedState("role-own-account", NewRoleForm(sampleRoot, boss, boss), func(f *DeedForm) {
			f.Problem = boss.ActsOn(boss).Error()
		}),
	}
}

func deedState(name string, f *DeedForm, change func(f *DeedForm)) State {
	f.Account = sampleUser.FormID()
	change(f)
	state := adminState("person-"+name, f.Title, strings.TrimPrefix(f.Action, string(sampleRoot)), everything, Deed(f))
	state.Page.Refused = f.IsRefused()
	return state
}
