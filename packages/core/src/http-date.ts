const fixdate = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/
const rfc850 = /^[A-Z][a-z]{5,8}, \d{2}-[A-Z][a-z]{2}-\d{2} \d{2}:\d{2}:\d{2} GMT$/
const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} \d{4}$/
const iso8601 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})$/

/** Epoch milliseconds of a date in one of HTTP's three forms (RFC 9110, 5.6.7) or in ISO 8601 with its offset. */
export function readHttpDate(text: string): number | undefined {
  const isDate = fixdate.test(text) || rfc850.test(text) || iso8601.test(text)
  const time = Date.parse(isDate ? text : asctime.test(text) ? `${text} GMT` : '')
  return Number.isNaN(time) ? undefined : time
}
