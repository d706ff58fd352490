package handlers

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"net/http"
	"time"

	"gatehouse/components"
	"gatehouse/store"
)

// downloadActivity sends what happened to everybody within some days, as a file.
func (s *Site) downloadActivity(w http.ResponseWriter, r *http.Request) error {
	form := s.newDownload(r, s.Admin.Activity())
	rows, err := began(form, func(span store.Span) (*store.Rows[store.Happened], error) {
		return s.Store.DownloadActivity(r.Context(), span, s.asAdmin(r, ""))
	})
	if form.IsRefused() {
		return s.showActivities(w, r, nil, form)
	}
	if err != nil {
		return err
	}
	return sendRows(s, w, r, "activity", form, components.ActivityHeads, rows, func(e store.Happened) []string {
		return components.ActivityCells(e, s.Product.Events)
	})
}

// downloadAudit sends what administrators and the operator did, in the same way.
func (s *Site) downloadAudit(w http.ResponseWriter, r *http.Request) error {
	form := s.newDownload(r, s.Admin.Audit())
	rows, err := began(form, func(span store.Span) (*store.Rows[store.NamedDeed], error) {
		return s.Store.DownloadAudit(r.Context(), span, s.asAdmin(r, ""))
	})
	if form.IsRefused() {
		return s.showAudit(w, r, form)
	}
	if err != nil {
		return err
	}
	return sendRows(s, w, r, "audit", form, components.AuditHeads, rows, components.AuditCells)
}

// newDownload is the form of a download below the address of its list, as it was sent if it was.
func (s *Site) newDownload(r *http.Request, list string) *components.DownloadForm {
	form := components.NewDownloadForm(list+components.DownloadBelow, s.times(r, scopeOf(r).user))
	if r.Method == post {
		form.Fill(r.PostForm)
	}
	return form
}

// began begins a download for a form that is in order. The form takes a refusal.
func began[T any](form *components.DownloadForm, begin func(store.Span) (*store.Rows[T], error)) (*store.Rows[T], error) {
	if !form.Check() {
		return nil, nil
	}
	rows, err := begin(form.Span())
	if form.TakeRefusal(err) {
		return nil, nil
	}
	return rows, err
}

// sendRows sends a file of rows, some at a time. Before the first byte a fault has its page. Later the
// connection breaks off: half a file must not look whole.
func sendRows[T any](s *Site, w http.ResponseWriter, r *http.Request, name string, form *components.DownloadForm, heads []string, rows *store.Rows[T], cells func(T) []string) error {
	// The time for an answer is that for each step. How long it takes in all is up to the client.
	next := func() ([]T, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), s.AnswerWait)
		defer cancel()
		return rows.Next(ctx)
	}
	page, err := next()
	if err != nil {
		return err
	}
	if err := s.save(w, r); err != nil {
		return err
	}
	header := w.Header()
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Type", "text/csv; charset=utf-8")
	// Days are digits and hyphens: nothing to escape.
	header.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s-%s.csv"`, name, form.Since.Value, form.Until.Value))
	w.WriteHeader(http.StatusOK)
	const mark = "\ufeff" // by which spreadsheets know UTF-8
	_, err = io.WriteString(w, mark)
	file := csv.NewWriter(w)
	file.UseCRLF = true
	deadline := http.NewResponseController(w)
	lines := [][]string{heads}
	for err == nil {
		for _, row := range page {
			lines = append(lines, cells(row))
		}
		deadline.SetWriteDeadline(time.Now().Add(s.AnswerWait)) //nolint:errcheck // a connection without one has none
		if err = file.WriteAll(lines); err != nil || len(page) == 0 {
			break
		}
		lines = lines[:0]
		if page, err = next(); err != nil {
			s.Log.Error("fault", "request", scopeOf(r).id, "error", err.Error())
			if s.Store.Unavailable(err) {
				s.Store.NoteTrouble(err)
			}
		}
	}
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}
