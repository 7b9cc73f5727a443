import { appImage, imageAddress } from './app-image.js'
import { hiddenInputs } from './choose-app.js'
import { type FieldState, formFields, inputName } from './form-fields.js'
import { attributes, html, type Markup } from './html.js'
import type { PageOptions } from './page.js'
import type { AppSession } from './session.js'

/** The page on which the end user connects one app: its fields, and for OAuth the way to the vendor. */
export function accountForm(session: AppSession, state: FieldState, prefix: string): PageOptions {
  const { app, wish, token, projectName } = session
  const { name, auth_type } = app.definition
  const isOAuth = auth_type === 'oauth'
  const hasFields = (app.definition.custom_fields ?? []).length > 0
  const form = attributes({
    method: 'post',
    action: `${prefix}/connect/accounts`,
    'data-oauth': isOAuth,
    // Vendors refuse frames; with the script it is a window of its own.
    target: isOAuth && wish.view === 'frame' ? '_blank' : undefined,
  })
  const image = imageAddress(app)
  return {
    status: state.faults.size > 0 ? 422 : 200,
    title: `Connect ${name}`,
    view: wish.view,
    hideClose: wish.hideClose,
    allowedOrigins: token.record.allowedOrigins,
    images: image === undefined ? [] : [image],
    content: html`${appImage(app)}
<h1>${state.isReconnect ? 'Reconnect' : 'Connect'} ${name}</h1>
<p class="lead">${projectName} will be able to use your ${name} account.</p>
${errorSummary(session, state)}
<form${form}>
${hiddenInputs({ ...wish, app: app.slug })}
<input type="hidden" name="flow" value="${wish.flow}">
${formFields(app, state)}
${isOAuth && html`<p class="hint">${hasFields ? 'Then you' : 'You'} log in at ${name} and agree there. Your password stays with ${name}.</p>`}
<button class="primary">${isOAuth ? `Continue to ${name}` : 'Connect'}</button>
<p class="waiting" role="status" hidden>Waiting for you to finish in the window that opened.</p>
</form>
<template id="connected">${connectedText(name, projectName)}</template>`,
  }
}

export function connectedText(appName: string, projectName: string): Markup {
  return html`<div class="done"><span class="tick" aria-hidden="true">✓</span>
<h1 tabindex="-1">${appName} is connected</h1>
<p class="lead">You can go back to ${projectName}.</p></div>`
}

function errorSummary({ app }: AppSession, { faults }: FieldState): Markup | undefined {
  if (faults.size === 0) return html`<div class="alert" role="alert" tabindex="-1" hidden></div>`
  const labels = new Map(app.definition.custom_fields?.map(({ name, label = name }) => [name, label]))
  const items = [...faults].map(
    ([name, fault]) => html`<li><a href="#${inputName(name)}">${labels.get(name) ?? name}</a>: ${fault}</li>`,
  )
  return html`<div class="alert" role="alert" tabindex="-1">
<p>Please look at this again:</p>
<ul>${items}</ul>
</div>`
}
