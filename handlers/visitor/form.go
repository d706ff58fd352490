package visitor

import (
	"net/url"
	"slices"
	"strings"

	"github.com/PuerkitoBio/goquery"
)

// Submit fills the form of the page, of which there must be one with the class form, and
// sends it as its button does. Everything else is sent as it stands. For a checkbox any
// value means on, and an empty one off. What a browser would not let anybody choose or
// type is a mistake of the test.
func (p *Page) Submit(values map[string]string) *Page {
	p.visitor.t.Helper()
	return p.submit("form.form:not([data-passkey=get])", values)
}

// SubmitForm is Submit for the form with that id.
func (p *Page) SubmitForm(id string, values map[string]string) *Page {
	p.visitor.t.Helper()
	return p.submit(`form[id="`+id+`"]`, values)
}

func (p *Page) submit(selector string, values map[string]string) *Page {
	p.visitor.t.Helper()
	form := p.Find(selector)
	if form.Length() != 1 {
		p.visitor.t.Fatalf("%s has %d of %s:\n%s", p.Path, form.Length(), selector, p.Body)
	}
	send := p.fill(form, values)
	action := form.AttrOr("action", p.Path)
	if !strings.EqualFold(form.AttrOr("method", "get"), "post") {
		path, _, _ := strings.Cut(action, "?")
		return p.visitor.Get(path + "?" + send.Encode())
	}
	_, byHTMX := form.Attr("hx-post")
	return p.visitor.post(action, send, p.visitor.HTMX && byHTMX)
}

// Values are what a form of the page sends as it stands.
func (p *Page) Values(form *goquery.Selection) url.Values {
	p.visitor.t.Helper()
	return p.fill(form, nil)
}

// fill is what a form sends once these values are in it.
func (p *Page) fill(form *goquery.Selection, values map[string]string) url.Values {
	p.visitor.t.Helper()
	send, offered := url.Values{}, map[string][]string{}
	for _, control := range form.Find("[name]:not([disabled], fieldset[disabled] *)").EachIter() {
		name, kind := control.AttrOr("name", ""), kindOf(control)
		value, given := values[name]
		switch kind {
		case "button", "reset", "image", "file":
			continue
		case "submit":
			own := control.AttrOr("value", "")
			if offered[name] = append(offered[name], own); given && value == own {
				send.Set(name, own)
			}
		case "radio":
			own := control.AttrOr("value", "on")
			_, chosen := control.Attr("checked")
			if offered[name] = append(offered[name], own); given && value == own || !given && chosen {
				send.Set(name, own)
			}
		case "checkbox":
			_, on := control.Attr("checked")
			if offered[name] = append(offered[name], value); given && value != "" || !given && on {
				send.Set(name, control.AttrOr("value", "on"))
			}
		case "select":
			options := optionsOf(control)
			if offered[name] = options; given && slices.Contains(options, value) {
				send.Set(name, value)
			} else if !given && len(options) > 0 {
				send.Set(name, chosenOf(control))
			}
		default:
			if offered[name] = []string{value}; !given {
				value = valueOf(control)
			}
			if kind == "textarea" { // as browsers end its lines
				value = strings.ReplaceAll(strings.ReplaceAll(value, "\r\n", "\n"), "\n", "\r\n")
			}
			send.Set(name, value)
		}
	}
	for name, value := range values {
		if !slices.Contains(offered[name], value) {
			p.visitor.t.Fatalf("%s has nothing to type or choose %q into as %s:\n%s", p.Path, value, name, p.Body)
		}
	}
	return send
}

// Value is what a field of a form shows, or which of its choices is chosen. A checkbox
// that is off has an empty one.
func (p *Page) Value(field string) string {
	control := p.Find(`[id="` + field + `"]`)
	switch kindOf(control) {
	case "radio":
		return p.Find(`input[type=radio][name="`+field+`"][checked]`).AttrOr("value", "")
	case "checkbox":
		if _, on := control.Attr("checked"); !on {
			return ""
		}
		return control.AttrOr("value", "on")
	case "select":
		return chosenOf(control)
	}
	return valueOf(control)
}

// kindOf is the type of an input or a button, or else the name of the element.
func kindOf(control *goquery.Selection) string {
	switch name := goquery.NodeName(control); name {
	case "input":
		return strings.ToLower(control.AttrOr("type", "text"))
	case "button":
		return strings.ToLower(control.AttrOr("type", "submit"))
	default:
		return name
	}
}

func valueOf(control *goquery.Selection) string {
	if goquery.NodeName(control) == "textarea" {
		return control.Text()
	}
	return control.AttrOr("value", "")
}

func optionValue(option *goquery.Selection) string {
	return option.AttrOr("value", strings.TrimSpace(option.Text()))
}

func optionsOf(control *goquery.Selection) []string {
	return control.Find("option:not([disabled])").Map(func(_ int, option *goquery.Selection) string { return optionValue(option) })
}

// chosenOf is the last selected option, or the first where none is.
func chosenOf(control *goquery.Selection) string {
	if selected := control.Find("option[selected]"); selected.Length() > 0 {
		return optionValue(selected.Last())
	}
	return optionValue(control.Find("option:not([disabled])").First())
}
