"use strict";
// Shows one service's OpenAPI document and signs its requests as the person chosen, anew when a session ends.
const service = document.getElementById("service");
const person = document.getElementById("person");
const signed = document.getElementById("signed");
const MARGIN_S = 30;
let token = "";
let ends = 0;

function show() {
  SwaggerUIBundle({
    url: `/openapi/${service.value}.json`,
    domNode: document.getElementById("api"),
    deepLinking: false,
    validatorUrl: null,
    requestInterceptor: async (request) => {
      if (person.value && Date.now() > ends) await signIn();
      if (token) request.headers.Authorization = `Bearer ${token}`;
      return request;
    },
  });
}

async function people() {
  const answer = await fetch("/issuer/people");
  for (const one of await answer.json()) {
    person.add(new Option(`${one.name} · ${one.roles.join(", ")} · ${one.org}`, one.name));
  }
}

async function granted() {
  const form = new URLSearchParams({ grant_type: "password", username: person.value });
  try {
    const answer = await fetch("/issuer/token", { method: "POST", body: form });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

async function signIn() {
  token = "";
  ends = 0;
  signed.textContent = "";
  if (!person.value) return;
  const grant = await granted();
  if (!grant) {
    signed.textContent = "Could not sign in: the cell does not answer.";
    return;
  }
  token = grant.access_token;
  ends = Date.now() + (grant.expires_in - MARGIN_S) * 1000;
  signed.textContent = `Signed in as ${person.value}.`;
}

service.addEventListener("change", show);
person.addEventListener("change", signIn);
people();
show();
