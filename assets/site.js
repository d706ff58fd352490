// What the browser adds to the pages. Every form works without it; it never writes HTML and never loses what was typed.

import htmx from "htmx.org";
import { passkeys } from "./passkeys.js";

const busyClass = htmx.config.requestClass;
const check = "[data-check]"; // an input that is checked while the form is filled in
const typed = "input:not([type=hidden], [type=submit], [type=button], [type=checkbox], [type=radio])";
const ticked = "[type=checkbox], [type=radio]";
const unreached = 502; // the status that stands for no way to the server
const unanswered = 504; // and for no answer within htmx.config.defaultTimeout

let api;

htmx.registerExtension("gatehouse", {
  init(internal) {
    api = internal;
    // The one way text becomes HTML on these pages. The server has escaped it; scripts in an answer are emptied.
    const rules = { createHTML: (html) => html, createScript: () => "" };
    api.initSecurity(window.trustedTypes?.createPolicy("htmx", rules) ?? rules);
  },

  // An answer may say anything about a field but what is in it.
  htmx_before_morph_attr(element, { attrName }) {
    if (attrName === "value" || attrName === "type") return !element.matches(typed);
    if (attrName === "checked") return !element.matches(ticked);
    return attrName !== "selected";
  },

  htmx_before_morph_node(element, { newNode }) {
    if (element.matches?.("textarea")) newNode.defaultValue = element.defaultValue;
    return !element.matches?.("[data-reveal]");
  },

  htmx_config_request(source, { ctx }) {
    if (busy(ctx.request.form)) return false;
    if (!source.matches(`${check}, .theme`)) ctx.rest = work(source);
    ctx.fetch = () => reach(ctx);
    if (source.matches(check)) return narrow(source, ctx.request.body);
    source.querySelectorAll(check).forEach(stop);
  },

  htmx_after_request(source, { ctx }) {
    if (!ctx.hx?.redirect) ctx.rest?.();
    if (!swapped(ctx.response.status)) return;
    say("");
    if (!source.matches(`${check}, .theme`)) document.querySelector(".flash")?.remove();
    if (source.matches(".theme")) wear(ctx.request.body.get("theme"));
  },

  htmx_response_error(source, { ctx }) {
    const { status } = ctx.response;
    if (!source.matches(check) && !swapped(status) && !ctx.hx.redirect) say(sentence(status));
  },

  htmx_error(source, { ctx }) {
    ctx?.rest?.();
    if (!source.matches?.(check)) say(sentence(ctx?.response && ctx.text !== undefined ? 500 : unreached));
  },

  // What was edited while the form was on its way is checked again: the answer spoke of the older text.
  htmx_after_swap(source, { ctx }) {
    if (ctx.push || ctx.replace) move(ctx);
    if (source.matches(check)) forgive(source.name);
    else settle();
    if (source.matches(check) || !ctx.request.form) return;
    for (const input of source.querySelectorAll(check)) {
      if (input.type === "radio" && !input.checked) continue;
      if (ctx.request.body?.get(input.name) !== input.value) api.htmxProp(input).eventHandler?.(new Event("change"));
    }
  },
});

let shown = location.pathname + location.search; // the address that the page was drawn for

// move puts the address of what a filter or a page of a list now shows into the address bar. Going back loads it anew.
function move({ push, request }) {
  history[push ? "pushState" : "replaceState"](null, "", request.action);
  shown = location.pathname + location.search;
}

addEventListener("popstate", () => location.pathname + location.search !== shown && location.reload());

// Without cookies no form leads anywhere, and its sender would learn that only afterwards.
document.documentElement.classList.toggle("cookieless", !navigator.cookieEnabled);

// work says after a moment, in words, that a form is on its way, and returns what ends that.
function work(form) {
  const button = form.querySelector("[data-busy]");
  if (!button) return;
  const words = [...button.childNodes];
  const said = document.getElementById("busy");
  const wait = setTimeout(() => {
    form.setAttribute("aria-busy", "true");
    button.textContent = said.textContent = button.dataset.busy;
  }, 250); // a quick answer says enough
  return () => {
    clearTimeout(wait);
    form.removeAttribute("aria-busy");
    said.textContent = "";
    if (button.textContent === button.dataset.busy) button.replaceChildren(...words);
  };
}

// forgive takes a field that is no longer refused off the list of what is wrong, and with the last of them the list.
// Without a name all of it goes.
function forgive(name) {
  const summary = document.getElementById("summary");
  const field = document.getElementById(`field-${name}`);
  if (!summary || field?.classList.contains("field-refused")) return;
  for (const link of name ? summary.querySelectorAll(`[href="#${CSS.escape(name)}"]`) : []) (link.closest("li, p") ?? link).remove();
  if (name && summary.querySelector("a")) return;
  summary.remove();
  document.title = document.title.replace(/^Error: /, "");
}

// wear puts a theme on the page as the server will from now on.
function wear(theme) {
  const { dataset } = document.documentElement;
  if (theme === "auto") delete dataset.bsTheme;
  else dataset.bsTheme = theme;
  document.querySelector("meta[name=theme-color]").media = { light: "all", dark: "not all" }[theme] ?? "(prefers-color-scheme: light)";
  for (const button of document.querySelectorAll(".theme button")) {
    button.setAttribute("aria-pressed", button.value === theme);
  }
}

// narrow leaves in a check only the field and those it is compared with. A field that is empty and about which nothing
// has been said is not checked at all.
function narrow(input, body) {
  if (!input.value && !input.closest(".field")?.querySelector(".message")?.textContent.trim()) {
    stop(input);
    return false;
  }
  const wanted = [input.name, "account", "link", ...input.dataset.check.split(" ")];
  for (const name of [...body.keys()]) {
    if (!wanted.includes(name)) body.delete(name);
  }
}

// stop ends the check of a field, whether it waits for a pause in typing or is on its way.
function stop(input) {
  hush(input);
  htmx.trigger(input, "htmx:abort", {}, false);
}

// hush ends the wait for a pause in typing.
function hush(input) {
  for (const spec of api.htmxProp(input).triggerSpecs) clearTimeout(spec.timeout);
}

// reach is fetch to the end of the answer, with the lack of one told as the status that means it. An answer waits while the
// pointer is down: it could move a button away from under it, and the click would be lost. One about a field waits while an
// input method composes there. What has arrived is never too late.
async function reach({ request, requestTimeout, sourceElement }) {
  try {
    const response = await fetch(request.action, request);
    const text = await response.text();
    clearTimeout(requestTimeout);
    while (pressed || sourceElement === composed?.input) await (pressed ?? composed.done);
    request.signal.throwIfAborted();
    response.text = () => text;
    return response;
  } catch (error) {
    const late = request.signal.reason === "timeout";
    if (request.signal.aborted && !late) throw error;
    return new Response(null, { status: late ? unanswered : unreached });
  }
}

let pressed; // while the pointer is down: the promise that it comes up

addEventListener("pointerdown", () => {
  const ends = new AbortController();
  const press = new Promise((release) => {
    const end = () => {
      ends.abort();
      setTimeout(() => {
        if (pressed === press) pressed = undefined;
        release();
      }, 50); // the click comes first
    };
    for (const name of ["pointerup", "pointercancel", "blur"]) addEventListener(name, end, { signal: ends.signal });
  });
  pressed = press;
});

let composed; // while an input method composes in a field that is checked: that, and the promise that it is done

// What is being composed is no word yet. The pause in typing begins when it is one.
addEventListener("compositionstart", ({ target: input }) => {
  if (!input.matches(check)) return;
  hush(input);
  const done = new Promise((release) => {
    const end = () => {
      composed = undefined;
      release();
      input.dispatchEvent(new Event("input", { bubbles: true }));
    };
    input.addEventListener("compositionend", end, { once: true });
  });
  composed = { input, done };
});

for (const name of ["input", "change"]) {
  addEventListener(name, (event) => event.target === composed?.input && event.stopPropagation(), true);
}

// Enter that chooses a candidate sends no form.
addEventListener("keydown", (event) => event.isComposing && event.key === "Enter" && event.preventDefault());

function busy(form) {
  return form?.classList.contains(busyClass);
}

function swapped(status) {
  return status < 400 || status === 422 || status === 429;
}

function sentence(status) {
  const nothingLost = "Nothing you typed is lost.";
  if (status === unanswered) return `The server hasn't answered yet. ${nothingLost} What you sent may have arrived: try again, and we will say what happened.`;
  if (status === unreached) return `We couldn't reach the server. ${nothingLost} Try again.`;
  if (status === 503 || status === 429) return `We're very busy right now. ${nothingLost} Try again in a moment.`;
  if (status >= 500) return `Something went wrong on our side. ${nothingLost} Try again in a moment.`;
  if (status === 413) return `That's more than we take at once. ${nothingLost} Shorten it and try again.`;
  if (status === 404) return "That isn't here any more. Reload the page to see how things are now.";
  if (status === 403) return `That isn't allowed from here. ${nothingLost}`;
  return `We couldn't take this. ${nothingLost} Check it and try again.`;
}

// say puts a sentence into the alert line, where it can be closed again; what an older answer said is no longer true. A
// new element each time, so that the same sentence is read out again.
function say(text) {
  const line = document.getElementById("alert");
  if (!line) return;
  line.replaceChildren();
  if (!text) return;
  forgive();
  const [box, span, close] = ["div", "span", "button"].map((name) => document.createElement(name));
  span.append(text);
  close.append("Close");
  close.addEventListener("click", () => say(""));
  box.append(span, close);
  line.append(box);
}

// "Show" and "Hide" of a password.
document.addEventListener("click", ({ target }) => {
  const button = target.closest?.("[data-reveal]");
  const input = button && document.getElementById(button.dataset.reveal);
  if (!input) return;
  reveal(button, input, input.type === "password");
});

function reveal(button, input, shown) {
  input.type = shown ? "text" : "password";
  button.firstChild.nodeValue = shown ? "Hide" : "Show";
}

// A password that is shown is hidden before it is sent: browsers keep the text of fields that hold no password.
addEventListener("submit", ({ target: form }) => {
  for (const button of form.querySelectorAll("[data-reveal]")) reveal(button, form.elements[button.dataset.reveal], false);
}, true);

// That something is saved is true until something else is typed. Its place stays, so that nothing moves.
addEventListener("input", () => {
  for (const flash of document.querySelectorAll(".panel .flash")) flash.style.visibility = "hidden";
});

// A plain form is sent once, however often it is clicked. One that brings a file leaves the page as it is.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "post" || "file" in form.dataset) return;
  if (busy(form)) {
    event.preventDefault();
    return;
  }
  form.classList.add(busyClass);
  const rest = work(form);
  setTimeout(() => {
    form.classList.remove(busyClass);
    rest?.();
  }, htmx.config.defaultTimeout);
});

const settle = passkeys(say, sentence, reach);

// A page from the back-forward cache may show what is private, or no longer true.
addEventListener("pageshow", ({ persisted }) => {
  if (persisted) location.reload();
});

// The server says times in the zone of the browser, from the next page on. The name is that in handlers/cookie.go.
const { timeZone: value } = Intl.DateTimeFormat().resolvedOptions();
const name = location.protocol === "https:" ? "__Host-zone" : `zone-${location.port || 80}`;
window.cookieStore?.get(name).then((zone) => {
  if (value && zone?.value !== value) return cookieStore.set({ name, value, expires: Date.now() + 31536e6, sameSite: "lax" });
}).catch(() => {}); // cookies are blocked
