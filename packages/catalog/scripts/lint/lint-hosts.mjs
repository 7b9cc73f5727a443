import { compileApp, isPublicSuffix, Secret } from '@proxy/core'
import { sampleFields } from '../../testing/sample-fields.mjs'
import { fillIn, hostFieldsIn, urlTexts } from './placed-text.mjs'

/** What nobody may enter into a host, whatever its format is. */
const hostileValues = [
  ...[
    'evil.com/',
    'evil.com/x',
    'evil.com#',
    'evil.com?',
    'evil.com\\',
    'a@b',
    'a@evil.com',
    'x.y:1',
    'x:443',
    '127.0.0.1',
  ],
  ...[
    '0x7f000001',
    '2130706433',
    '[::1]',
    '::1',
    'localhost',
    'a.localhost',
    'metadata.internal',
    'a b',
    ' a',
    'a\n',
    'a\t',
  ],
  ...[
    '.',
    '..',
    'a..b',
    '-a',
    'a-',
    'a.',
    '%2e',
    'a%00',
    'ａ.com',
    'é.com',
    '*',
    '{{custom_fields.x}}',
    'com',
    'co.uk',
  ],
  ...['http://evil.com', 'https://evil.com', '//evil.com', 'https://127.0.0.1', 'https://a@evil.com', 'https://x.y:1'],
  ...[
    'https://localhost',
    'https://evil.com?x',
    'https://evil.com#x',
    'https://evil.com/..',
    'javascript:x',
    'a'.repeat(64),
  ],
]

/**
 * Whose hosts an entry names: none of strangers, tokens at the vendor's own, and nothing that a hostile value can bend.
 *
 * @param {any} definition
 * @param {readonly { domains: readonly string[] }[]} vendors
 * @returns {{ field: string, message: string }[]}
 */
export function lintHosts(definition, vendors) {
  const faults = []
  const app = compileApp(definition)
  const fields = sampleFields(definition)
  faults.push(
    ...lintPlainness(definition),
    ...lintFieldFormats(definition),
    ...lintTokenHosts(definition, fields, vendors),
  )
  faults.push(...lintHostileValues(definition, app, fields))
  return faults
}

function lintPlainness(definition) {
  const faults = urlTexts(definition)
    .filter(({ text }) => /\bhttp:\/\//i.test(text))
    .map(({ field }) => ({ field, message: 'must be https' }))
  if (definition.connect?.allow_http !== undefined) {
    faults.push({
      field: 'connect.allow_http',
      message: 'is for the apps of an operator, not for the catalogue: leave it out',
    })
  }
  return faults
}

/** A field in a host says by its format what it may be, so that a form can say so before a call is refused. */
function lintFieldFormats({ custom_fields = [], connect = {}, ...rest }) {
  const texts = urlTexts({ connect, ...rest }).map(({ text }) => text)
  const hosts = (connect.allowed_domains ?? []).map((entry) => `https://${entry}`)
  const used = new Set([...texts, ...hosts].flatMap(hostFieldsIn))
  return custom_fields.flatMap(({ name, format, pattern }, index) => {
    if (!used.has(name) || pattern !== undefined || ['host-label', 'host', 'url'].includes(format)) return []
    const message = 'stands in a host: give it format: host-label, host or url, or a pattern'
    return [{ field: `custom_fields[${index}]`, message }]
  })
}

/** Secrets of a vendor's clients go to the vendor alone. */
function lintTokenHosts(definition, fields, vendors) {
  const base = definition.connect?.base_proxy_target_url
  const allowed = [
    ...(base === undefined ? [] : [hostOf(fillIn(base, fields))]),
    ...(definition.connect?.allowed_domains ?? []).map((entry) => hostOf(`https://${fillIn(entry, fields)}`)),
  ]
  const own = new Set(allowed.map(registrableDomain))
  const groups = vendors.filter(({ domains }) => allowed.some((host) => isUnderOne(host, domains)))
  return urlTexts(definition).flatMap(({ field, text, isToken }) => {
    if (!isToken) return []
    const host = hostOf(fillIn(text, fields))
    if (own.has(registrableDomain(host)) || groups.some(({ domains }) => isUnderOne(host, domains))) return []
    const message = `leads to ${host}, while the app's hosts are under ${[...own].join(', ')}: if both are this vendor's, put their domains into one group of vendor-domains.yaml, with the reason`
    return [{ field, message }]
  })
}

function isUnderOne(host, domains) {
  return domains.some((domain) => host === domain || host.endsWith(`.${domain}`))
}

function hostOf(url) {
  return (/^https?:\/\/([^/:?#]*)/i.exec(url)?.[1] ?? '').toLowerCase().replace(/^\*\./, '')
}

/** The name that somebody registered: one label below a public suffix. */
export function registrableDomain(host) {
  const labels = host.split('.')
  for (let start = 1; start < labels.length; start += 1) {
    if (isPublicSuffix(labels.slice(start).join('.'))) return labels.slice(start - 1).join('.')
  }
  return host
}

function lintHostileValues(definition, app, fields) {
  const faults = []
  for (const { place, resolve } of placesOf(definition, app)) {
    let good
    try {
      good = resolve(fields)
    } catch (error) {
      faults.push({ field: place, message: `cannot be made of ${JSON.stringify(fields)}: ${error.message}` })
      continue
    }
    for (const name of Object.keys(fields)) {
      const passed = hostileValues.find((value) =>
        bends(() => resolve({ ...fields, [name]: value }), good, fields[name], value),
      )
      if (passed === undefined) continue
      const message = `lets custom_fields.${name} be ${JSON.stringify(passed)}, which bends the URL: give the field a stricter format or pattern`
      faults.push({ field: place, message })
    }
  }
  return faults
}

/**
 * A value may change a path, be one label where the usual one is, or be a whole host where the usual one is. Everything
 * else has to be refused.
 */
function bends(resolve, good, usual, value) {
  let target
  try {
    target = resolve()
  } catch (error) {
    if (error.code === 'account_config_invalid') return false
    throw error
  }
  if (target.protocol !== 'https:' || target.port !== good.port || /[\\\s]|\/\.\.?(?:\/|$)/.test(target.path))
    return true
  if (target.hostname === good.hostname) return false
  const usualHost = usual.replace(/^https:\/\//, '')
  const host = value.replace(/^https:\/\//, '')
  const isWhole = good.hostname.endsWith(usualHost) && usualHost.includes('.')
  const isPlain = isWhole ? /^(?:[a-z0-9-]+\.)+[a-z]+$/.test(host) : /^[a-z0-9-]+$/.test(host)
  return !isPlain || target.hostname !== good.hostname.replace(usualHost, host)
}

/** Everything that makes a URL of an account's fields. */
function placesOf(definition, app) {
  const places = []
  const { base, accountHosts, authorization, renewal } = app
  if (base.kind === 'template') places.push({ place: 'connect.base_proxy_target_url', resolve: base.resolve })
  for (const resolve of accountHosts) places.push({ place: 'connect.allowed_domains', resolve })
  const urls = [
    ['oauth.authorize_url', authorization?.url],
    ['oauth.token_url', renewal?.settings.tokenUrl],
    ['oauth.refresh_url', renewal?.settings.refreshUrl],
    ['auth', renewal?.settings.url],
  ]
  for (const [place, url] of urls) {
    if (url === undefined || !url.text.includes('{{')) continue
    places.push({ place, resolve: (fields) => url.resolve(accountOf(definition, fields), app) })
  }
  return places
}

function accountOf({ name_slug }, customFields) {
  return { app: name_slug, values: new Secret({ customFields, credentials: {} }) }
}
