export const isoFormat = 'YYYY-MM-DDTHH:mm:ss.SSS[Z]'

const days = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

const two = (value: number): string => String(value).padStart(2, '0')

const tokens: Readonly<Record<string, (date: Date) => string>> = {
  YYYY: (date) => String(date.getUTCFullYear()).padStart(4, '0'),
  MMM: (date) => months[date.getUTCMonth()] ?? '',
  MM: (date) => two(date.getUTCMonth() + 1),
  DD: (date) => two(date.getUTCDate()),
  ddd: (date) => days[date.getUTCDay()] ?? '',
  HH: (date) => two(date.getUTCHours()),
  mm: (date) => two(date.getUTCMinutes()),
  ss: (date) => two(date.getUTCSeconds()),
  SSS: (date) => String(date.getUTCMilliseconds()).padStart(3, '0'),
  X: (date) => String(Math.floor(date.getTime() / 1000)),
  x: (date) => String(date.getTime()),
  ZZ: () => '+0000',
  Z: () => '+00:00',
}

const pattern = /\[([^\]]*)\]|YYYY|MMM|MM|DD|ddd|HH|mm|ss|SSS|X|x|ZZ|Z/g

/**
 * A moment in UTC: `YYYY MM MMM DD ddd HH mm ss SSS`, `X` and `x` for epoch seconds and milliseconds, `Z` and `ZZ` for
 * the offset; what stands in brackets, and everything else, is text.
 */
export function formatTime(epochMs: number, format: string): string {
  const date = new Date(epochMs)
  return format.replace(pattern, (token, text: string | undefined) => text ?? tokens[token]?.(date) ?? token)
}
