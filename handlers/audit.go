package handlers

import (
	"net/http"

	"gatehouse/components"
)

// audit lists what administrators and the operator did.
func (s *Site) audit(w http.ResponseWriter, r *http.Request) error {
	return s.showAudit(w, r, s.newDownload(r, s.Admin.Audit()))
}

func (s *Site) showAudit(w http.ResponseWriter, r *http.Request, download *components.DownloadForm) error {
	form := components.NewAuditSought(s.Admin)
	sought, err := s.sought(r, form)
	if err != nil {
		return err
	}
	page := components.AuditPage{Sought: form, Download: download, Later: sought.Before > 0, Retention: s.Store.AuditRetention()}
	if !form.IsRefused() {
		if page.Listed, err = s.Store.Audit(r.Context(), sought); err != nil {
			return err
		}
	}
	return s.showSought(w, r, form, download, components.Audit(page))
}
