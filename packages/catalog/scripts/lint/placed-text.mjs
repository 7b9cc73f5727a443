/**
 * Every text of a definition that is a URL or becomes a part of one, with the field it stands in.
 *
 * @param {any} definition
 * @returns {{ field: string, text: string, isToken: boolean }[]}
 */
export function urlTexts(definition) {
  const found = []
  const add = (field, text, isToken) => {
    if (typeof text === 'string') found.push({ field, text, isToken })
  }
  const { connect = {}, oauth = {}, auth = [] } = definition
  add('connect.base_proxy_target_url', connect.base_proxy_target_url, false)
  for (const name of ['authorize_url', 'token_url', 'refresh_url', 'revoke_url'])
    add(`oauth.${name}`, oauth[name], true)
  for (const [index, entry] of Array.isArray(auth) ? auth.entries() : []) {
    add(`auth[${index}].token_url`, entry?.token_url, true)
    add(`auth[${index}].sts_url`, entry?.sts_url, true)
    add(`auth[${index}].login.url`, entry?.login?.url, true)
  }
  return found
}

/** Puts values in place of `{{custom_fields.x}}`; of alternatives the first counts. */
export function fillIn(text, fields) {
  return text.split(' || ')[0].replace(/\{\{\s*custom_fields\.([\w-]+)\s*\}\}/g, (_, name) => fields[name] ?? 'x')
}

/** The names of the custom fields in a text. */
export function fieldsIn(text) {
  return [...text.matchAll(/custom_fields\.([\w-]+)/g)].map(([, name]) => name)
}

/** Those whose value is in the authority of the URL, or is the whole of it. */
export function hostFieldsIn(text) {
  return text.split(' || ').flatMap((one) => fieldsIn(/^(?:https?:\/\/[^/]*|\{\{[^}]*\}\})/i.exec(one)?.[0] ?? ''))
}
