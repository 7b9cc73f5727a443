const permissive = new Set(['0BSD', 'Apache-2.0', 'BlueOak-1.0.0', 'BSD-2-Clause', 'BSD-3-Clause', 'ISC', 'MIT'])

/** Whether an SPDX expression of names, AND, OR and parentheses round the whole can be met with permissive licences. */
export function isPermissive(expression) {
  const bare = expression.replace(/^\((.*)\)$/, '$1')
  return bare.split(' OR ').some((choice) => choice.split(' AND ').every((name) => permissive.has(name)))
}
