import { type JsonMember, readJsonObject } from './json-members.js'

const depthMost = 1_000

/**
 * The JSON object with a text member set: in place of one of the same name, else behind the last. All other bytes stay.
 * Undefined when the body is no JSON object.
 */
export function setJsonMember(body: Buffer, name: string, value: string): Buffer | undefined {
  const object = readJsonObject(body, depthMost)
  if (object === undefined) return undefined
  const { members, start } = object
  const [first, ...repeated] = members.filter((member) => member.name === name)
  if (first !== undefined) {
    const kept = repeated.reduceRight((bytes, member) => cut(bytes, member, members), body)
    return splice(kept, first.valueStart, first.end, JSON.stringify(value))
  }
  const last = members.at(-1)
  const member = `${JSON.stringify(name)}:${JSON.stringify(value)}`
  return last === undefined
    ? splice(body, start + 1, start + 1, member)
    : splice(body, last.end, last.end, `,${member}`)
}

/** Cuts a member that is not the first, with the comma before it. */
function cut(body: Buffer, member: JsonMember, members: readonly JsonMember[]): Buffer {
  const before = members[members.indexOf(member) - 1]
  return splice(body, before?.end ?? member.start, member.end, '')
}

function splice(bytes: Buffer, start: number, end: number, text: string): Buffer {
  return Buffer.concat([bytes.subarray(0, start), Buffer.from(text, 'utf8'), bytes.subarray(end)])
}
