import { AppDefinitionError, compileApp } from '@proxy/core'
import { lintHosts } from './lint-hosts.mjs'
import { lintProvenance } from './lint-provenance.mjs'
import { fieldsIn } from './placed-text.mjs'

const categories = new Set(
  `accounting ai analytics automation calendar chat cloud cms code commerce crm data design developer-tools documents
  education e-mail e-signature events files finance forms hr identity iot marketing media monitoring payments phone
  productivity project search security shipping social storage support travel video`.split(/\s+/),
)

/** What a field is called that nobody but the account's owner may see. */
const secretName =
  /(?:^|_)(?:secret|password|passphrase|api_?key|(?:access|auth|api|bot|bearer|personal)_token|private_key)$/

/**
 * Everything that is wrong with one file by itself.
 *
 * @param {import('../catalog-files.mjs').CatalogFile} file
 * @param {readonly { domains: readonly string[] }[]} vendors
 * @returns {{ field: string, message: string }[]}
 */
export function lintEntry({ file, data, faults: syntax }, vendors) {
  if (syntax.length > 0) return syntax.map((message) => ({ field: 'YAML', message }))
  if (typeof data !== 'object' || data === null || Array.isArray(data)) {
    return [{ field: 'YAML', message: 'must be one app definition, an object' }]
  }
  const { provenance, ...definition } = data
  const faults = [...lintPlace(file, data), ...lintProvenance(provenance)]
  const compiled = compileFaults(definition)
  faults.push(...compiled)
  if (compiled.length > 0) return faults
  return [...faults, ...lintFacts(definition), ...lintOAuth(definition), ...lintHosts(definition, vendors)]
}

function compileFaults(definition) {
  try {
    compileApp(definition)
    return []
  } catch (error) {
    if (!(error instanceof AppDefinitionError)) throw error
    return error.faults.map(({ fault }) => ({ field: fault.field, message: fault.message }))
  }
}

function lintPlace(file, { name_slug: slug }) {
  if (typeof slug !== 'string' || slug === '') return []
  const folder = /^[a-z]/.test(slug) ? slug[0] : '0-9'
  const place = `apps/${folder}/${slug}.yaml`
  return file === place ? [] : [{ field: 'name_slug', message: `belongs into ${place}` }]
}

function lintFacts(definition) {
  const faults = []
  const add = (field, message) => faults.push({ field, message })
  const { categories: named = [], custom_fields = [], auth = [], docs, connect } = definition
  if (named.length < 1 || named.length > 3) add('categories', 'must name one to three of the list in README.md')
  for (const [index, name] of named.entries()) {
    if (!categories.has(name)) add(`categories[${index}]`, `${name} is not in the list of README.md`)
  }
  if (new Set(named).size < named.length) add('categories', 'repeats one')
  for (const name of ['description', 'img_src', 'id', 'limits']) {
    if (definition[name] !== undefined) add(name, 'does not belong into the catalogue: leave it out')
  }
  if (docs === undefined) add('docs', 'is required: the address of the vendor’s documentation')
  else if (!/^https:\/\/[^\s/]+\.[^\s]+$/.test(docs)) add('docs', 'must be an https URL')
  if (connect.base_proxy_target_url === undefined) add('connect.base_proxy_target_url', 'is required')
  else if (/[^/]\/$/.test(connect.base_proxy_target_url))
    add('connect.base_proxy_target_url', 'must not end in a slash')
  if (auth.length === 0) add('auth', 'must say how the credential is placed; kind: none if there is none')
  for (const [index, field] of custom_fields.entries()) lintField(field, `custom_fields[${index}]`, add)
  const used = new Set(fieldsIn(JSON.stringify({ ...definition, custom_fields: undefined })))
  for (const [index, { name }] of custom_fields.entries()) {
    if (!used.has(name) && !isImplied(name, auth)) add(`custom_fields[${index}]`, `${name} is used nowhere`)
  }
  return faults
}

function lintField({ name, type, default: usual, label }, place, add) {
  if (label === undefined) add(`${place}.label`, 'is required')
  if (type === 'password' && usual !== undefined) add(`${place}.default`, 'must not be given for a secret')
  if (type !== 'password' && secretName.test(name))
    add(`${place}.type`, `must be password, because ${name} is a secret`)
}

/** Fields that kinds of `auth` use by default. */
function isImplied(name, auth) {
  const usual = {
    basic: ['username', 'password'],
    mtls: ['client_certificate', 'client_private_key'],
    'google-ads': ['login_customer_id'],
    'aws-sigv4': ['access_key_id', 'secret_access_key', 'session_token'],
    oauth1: ['consumer_key', 'consumer_secret'],
    'client-credentials': ['client_id', 'client_secret'],
    'jwt-bearer': ['private_key', 'service_account_json'],
  }
  return auth.some(({ kind }) => usual[kind]?.includes(name))
}

function lintOAuth({ auth_type, oauth, auth }) {
  const faults = []
  const isOAuth1 = auth.some(({ kind }) => kind === 'oauth1')
  if (auth_type === 'oauth' && !isOAuth1) {
    for (const name of ['authorize_url', 'token_url']) {
      if (oauth?.[name] === undefined)
        faults.push({ field: `oauth.${name}`, message: 'is required for auth_type oauth' })
    }
  }
  if (auth_type !== 'oauth' && oauth !== undefined) {
    faults.push({ field: 'oauth', message: `is for auth_type oauth, and this is ${auth_type}` })
  }
  for (const name of ['client_id', 'client_secret']) {
    if (oauth?.[name] !== undefined && !/^\{\{\s*custom_fields\.[\w-]+\s*\}\}$/.test(oauth[name])) {
      faults.push({ field: `oauth.${name}`, message: 'must not stand in the catalogue, unless as a custom field' })
    }
  }
  return faults
}
