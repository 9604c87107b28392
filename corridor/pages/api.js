"use strict";
// Shows one service's OpenAPI document and signs its requests as the person chosen.
const service = document.getElementById("service");
const person = document.getElementById("person");
const signed = document.getElementById("signed");
let token = "";

function show() {
  SwaggerUIBundle({
    url: `/openapi/${service.value}.json`,
    domNode: document.getElementById("api"),
    deepLinking: false,
    validatorUrl: null,
    requestInterceptor: (request) => {
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

async function signIn() {
  token = "";
  signed.textContent = "";
  if (!person.value) return;
  const form = new URLSearchParams({ grant_type: "password", username: person.value });
  const answer = await fetch("/issuer/token", { method: "POST", body: form });
  if (!answer.ok) {
    signed.textContent = "Could not sign in.";
    return;
  }
  token = (await answer.json()).access_token;
  signed.textContent = `Signed in as ${person.value} for ten minutes.`;
}

service.addEventListener("change", show);
person.addEventListener("change", signIn);
people();
show();
