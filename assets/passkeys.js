// Passkeys (WebAuthn): making and using them is all that needs this script. The answer of the authenticator travels in
// the hidden fields of an ordinary form. No dialog opens unless somebody clicked.

let ready = false; // whether the form that is sent has its answer in its fields
let waiting; // the one request to the authenticator that a page may have at a time
let clicked = false; // whether somebody clicked for it, and it did not come from the autofill
let due = 0; // when the offer of the sign-in page has to be renewed

// Ids travel as base64url. By hand: the objects of some password managers cannot do it.
const encode = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const decode = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));

const refusals = {
  NotAllowedError: "No passkey was used. Try again, or choose another way.",
  InvalidStateError: "This device or password manager already has a passkey for this account.",
  SecurityError: "Passkeys don't work at this address.",
};

// passkeys begins. say tells a person something, sentence puts the status of an answer into words, reach is fetch that
// always has one.
export function passkeys(say, sentence, reach) {
  const { PublicKeyCredential } = window; // every browser has it, but not at every address

  addEventListener("submit", (event) => {
    const form = event.target;
    if (ready || !form.dataset.passkey) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    say("");
    perform(form).catch((error) => {
      if (error.name === "AbortError") return; // another one began
      clicked = false;
      say(error.status ? sentence(error.status) : refusals[error.name] ?? "That didn't work in this browser. Try again, or choose another way.");
      offer();
    });
  }, true);

  async function perform(form, mediation) {
    waiting?.abort(); // before anything is awaited: a click right after the page is there cancels the autofill
    waiting = new AbortController();
    const { signal } = waiting;
    clicked = !mediation;
    const body = new URLSearchParams(new FormData(form));
    const request = { action: form.action + "/options", method: "POST", body, redirect: "manual", signal };
    const response = await reach({ sourceElement: form, request });
    if (response.type === "opaqueredirect") return location.reload(); // something else has to come first
    if (response.status === 422) return send(form); // the answer to it says what is wrong
    if (!response.ok) throw response;
    const { ceremony, publicKey } = JSON.parse(response.text());
    publicKey.challenge = decode(publicKey.challenge);
    if (publicKey.user) publicKey.user.id = decode(publicKey.user.id);
    for (const key of publicKey.allowCredentials ?? publicKey.excludeCredentials ?? []) key.id = decode(key.id);
    fill(form.elements, ceremony, await navigator.credentials[form.dataset.passkey]({ publicKey, mediation, signal }));
    send(form);
  }

  function send(form) {
    clicked = false;
    ready = true;
    form.requestSubmit();
    ready = false;
  }

  // offer has the autofill of the sign-in page name the passkeys there are.
  async function offer() {
    const form = document.querySelector("[data-autofill]");
    if (!form || document.hidden || !await PublicKeyCredential?.isConditionalMediationAvailable?.() || clicked) return;
    perform(form, "conditional").catch(() => {});
    due = Date.now() + 2e5;
    setTimeout(renew, 24e4); // before its time is up
  }

  // Some password managers cover the page while they unlock: the request that they are about to answer goes on.
  function renew() {
    if (Date.now() > due) offer();
  }

  // settle tells the password manager what the page knows of its passkeys, and offers those it has. A signal is refused
  // while a request waits.
  async function settle() {
    if (clicked) return;
    waiting?.abort();
    for (const { dataset } of document.querySelectorAll("[data-signal]")) {
      for (const [name, details] of Object.entries(JSON.parse(dataset.signal))) {
        await PublicKeyCredential?.[name]?.(details).catch(() => {}); // as well as it can
      }
    }
    offer();
  }

  addEventListener("visibilitychange", renew);
  addEventListener("pagehide", () => waiting?.abort());
  settle();
  return settle;
}

function fill(fields, ceremony, key) {
  const { rawId, type, response: given } = key;
  const response = { transports: given.getTransports?.() };
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (given[name]) response[name] = encode(given[name]);
  }
  const id = encode(rawId);
  fields.passkey.value = JSON.stringify({ id, rawId: id, type, clientExtensionResults: key.getClientExtensionResults(), response });
  fields.ceremony.value = ceremony;
  for (const { name, checked } of document.querySelectorAll("[type=checkbox]")) {
    if (fields[name]) fields[name].value = checked ? "on" : "";
  }
}
